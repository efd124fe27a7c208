/* A linear layer in training, and what stands around it: matrices filled up with zeros, column sums.

   n rows; widths that end in p are multiples of WIDTH. */
#ifndef DIN_LENS_LINEAR
#define DIN_LENS_LINEAR
#include <stdlib.h>

#include "blocks.h"
#include "product.h"

static inline int64_t wide(int64_t width) { return (width + WIDTH - 1) / WIDTH * WIDTH; }

/* Room for so many numbers, to be freed; NULL where there is no memory. */
static inline float *room(int64_t numbers) { return aligned_alloc(64, (numbers * sizeof(float) / 64 + 1) * 64); }

/* to (rows_p, columns_p) = from (rows, columns), 0 beyond */
static inline void fill_up(const float *from, int64_t rows, int64_t columns, int64_t rows_p, int64_t columns_p, float *to) {
#pragma omp parallel for schedule(static) if (rows_p * columns_p > 1 << 16)
    for (int64_t i = 0; i < rows_p; i++) {
        const int64_t own = i < rows ? columns : 0;
        for (int64_t j = 0; j < own; j++) to[i * columns_p + j] = from[i * columns + j];
        for (int64_t j = own; j < columns_p; j++) to[i * columns_p + j] = 0;
    }
}

/* to (columns, rows) = from (rows, columns) */
static inline void transpose(const float *restrict from, int64_t rows, int64_t columns, float *restrict to) {
#pragma omp parallel for schedule(static) if (rows * columns > 1 << 14)
    for (int64_t start = 0; start < columns; start += WIDTH)
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = start; j < columns && j < start + WIDTH; j++) to[j * rows + i] = from[i * columns + j];
}

/* out (n, hp) = or += the first w of each row of x (n, stride) @ weights (w, hp) + bias, which may be NULL */
INLINE void linear_rows(const float *x, int64_t stride, const float *weights, const float *bias, int64_t n, int64_t w, int64_t hp,
                        int add, float *out) {
    for (int64_t start = 0; start < n; start += BLOCK) {
        const int64_t rows = start + BLOCK < n ? BLOCK : n - start, least = rows / ROWS * ROWS;
        float *own = out + start * hp;
        if (!add)
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < hp; j++) own[i * hp + j] = bias ? bias[j] : 0;
        multiply_block(weights, x + start * stride, 1, stride, w, least, hp, 1, own);
        if (least < rows) {
            ALIGNED float tail[ROWS * w], y[ROWS * hp];
            for (int64_t i = 0; i < ROWS; i++)
                for (int64_t j = 0; j < w; j++) tail[i * w + j] = least + i < rows ? x[(start + least + i) * stride + j] : 0;
            multiply_block(weights, tail, 1, w, w, ROWS, hp, 0, y);
            for (int64_t i = 0; i < (rows - least) * hp; i++) own[least * hp + i] += y[i];
        }
    }
}

/* The same, rows side by side on the threads. */
static inline void linear(const float *x, int64_t stride, const float *weights, const float *bias, int64_t n, int64_t w, int64_t hp,
                          float *out) {
#pragma omp parallel for schedule(static)
    for (int64_t start = 0; start < n; start += BLOCK) {
        const int64_t rows = start + BLOCK < n ? BLOCK : n - start;
        linear_rows(x + start * stride, stride, weights, bias, rows, w, hp, 0, out + start * hp);
    }
}

#define DEPTH 128 /* rows summed up before sums go back to memory */

/* The gradient of a linear layer of w inputs: out (w, hp) += x (n, stride) transposed @ grad (n, hp). Up to the next
   multiple of ROWS, rows of x and out reach beyond w. */
INLINE void linear_weights_rows(const float *x, int64_t stride, const float *grad, int64_t n, int64_t w, int64_t hp, float *out) {
    const int64_t wide_w = (w + ROWS - 1) / ROWS * ROWS;
    for (int64_t start = 0; start < n; start += DEPTH) {
        const int64_t rows = start + DEPTH < n ? DEPTH : n - start;
        multiply_block(grad + start * hp, x + start * stride, stride, 1, rows, wide_w, hp, 1, out);
    }
}

/* The same, out's rows side by side on the threads. */
static inline void linear_weights(const float *x, int64_t stride, const float *grad, int64_t n, int64_t w, int64_t hp, float *out) {
#pragma omp parallel for schedule(dynamic)
    for (int64_t r = 0; r < w; r += WIDTH) {
        const int64_t rows = r + WIDTH < w ? WIDTH : w - r;
        for (int64_t j = 0; j < rows * hp; j++) out[r * hp + j] = 0;
        linear_weights_rows(x + r, stride, grad, n, rows, hp, out + r * hp);
    }
}

/* out (hp) = the sums of the columns of x (n, hp); parts (CHUNKS, hp) is room to work in. */
static inline void column_sums(const float *restrict x, int64_t n, int64_t hp, double *parts, float *restrict out) {
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *restrict part = parts + chunk * hp;
        float own[hp];
        for (int64_t j = 0; j < hp; j++) part[j] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            for (int64_t j = 0; j < hp; j++) own[j] = 0;
            for (int64_t i = start; i < end_of_block(start, n, chunk); i++)
                for (int64_t j = 0; j < hp; j++) own[j] += x[i * hp + j];
            for (int64_t j = 0; j < hp; j++) part[j] += own[j];
        }
    }
    join(parts, hp, out);
}
#endif
