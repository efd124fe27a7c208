/* Matrix products of small blocks. */
#ifndef DIN_LENS_PRODUCT
#define DIN_LENS_PRODUCT
#include "multiply.h"

#define WIDTH 16 /* a vector's numbers on any machine; as VECTOR in evaluation_operators.py */

/* out (rows, width) = or += factors (rows, depth) @ x (depth, width). rows and width are multiples of ROWS and LANES. */
INLINE void multiply_block(const float *x, const float *factors, int64_t along, int64_t across, int64_t depth,
                           int64_t rows, int64_t width, int add, float *out) {
    for (int64_t r = 0; r < rows; r += ROWS) {
        const float *own = factors + r * across;
        int64_t j = 0;
#define STRIP(vectors)                                                                                                 \
    {                                                                                                                  \
        lanes sums[ROWS][WIDE] = {0};                                                                                  \
        float *y = out + r * width + j;                                                                                \
        for (int i = 0; add && i < ROWS; i++)                                                                          \
            for (int v = 0; v < vectors; v++) sums[i][v] = *(lanes *)(y + i * width + v * LANES);                      \
        multiply(x + j, width, own, along, across, depth, vectors, sums);                                              \
        for (int i = 0; i < ROWS; i++)                                                                                 \
            for (int v = 0; v < vectors; v++) *(lanes *)(y + i * width + v * LANES) = sums[i][v];                      \
    }
        for (; j + WIDE * LANES <= width; j += WIDE * LANES) STRIP(WIDE)
        if (j + 2 * LANES <= width) {
            STRIP(2)
            j += 2 * LANES;
        }
        if (j < width) STRIP(1)
#undef STRIP
    }
}
#endif
