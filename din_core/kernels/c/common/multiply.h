/* The inner loop of a matrix product: a few rows by a few vectors of sums that stay in registers. */
#ifndef DIN_LENS_MULTIPLY
#define DIN_LENS_MULTIPLY
#include <stdint.h>

#ifdef __AVX512F__ /* 32 registers of 16 numbers: 24 of sums, 3 of what is read, and a factor */
#define LANES 16
#define ROWS 8
#else /* 16 of 8 numbers, or what the compiler makes of them */
#define LANES 8
#define ROWS 4
#endif
#define WIDE 3
#define INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* sums (ROWS, vectors) += factors (ROWS, depth) @ x (depth, vectors); x with `stride` from row to row, factors with
   `along` from one of depth to the next and `across` from row to row. `vectors`, at most WIDE, is a constant. */
INLINE void multiply(const float *x, int64_t stride, const float *factors, int64_t along, int64_t across, int64_t depth,
                     const int vectors, lanes sums[ROWS][WIDE]) {
    for (int64_t d = 0; d < depth; d++) {
        lanes row[WIDE];
        for (int v = 0; v < vectors; v++) row[v] = *(const lanes *)(x + d * stride + v * LANES);
        for (int r = 0; r < ROWS; r++) {
            const float factor = factors[d * along + r * across];
            for (int v = 0; v < vectors; v++) sums[r][v] += factor * row[v];
        }
    }
}

/* y (ROWS, vectors) = sums */
INLINE void keep(float *y, const int vectors, lanes sums[ROWS][WIDE]) {
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) *(lanes *)(y + (r * vectors + v) * LANES) = sums[r][v];
}
#endif
