/* A linear layer in training, and what stands around it: matrices filled up with zeros, column sums.

   n rows; widths that end in p are multiples of WIDTH. */
#ifndef DIN_LENS_LINEAR
#define DIN_LENS_LINEAR
#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "product.h"

static inline long wide(long width) { return (width + WIDTH - 1) / WIDTH * WIDTH; }

/* Room for so many numbers, to be freed. */
static inline float *room(long numbers) {
    float *found = aligned_alloc(64, (numbers * sizeof(float) / 64 + 1) * 64);
    if (found) return found;
    fprintf(stderr, "DIN Lens: no memory for %ld numbers\n", numbers);
    abort();
}

/* to (rows_p, columns_p) = from (rows, columns), 0 beyond */
static inline void fill_up(const float *from, long rows, long columns, long rows_p, long columns_p, float *to) {
#pragma omp parallel for schedule(static) if (rows_p * columns_p > 1 << 16)
    for (long i = 0; i < rows_p; i++) {
        const long own = i < rows ? columns : 0;
        for (long j = 0; j < own; j++) to[i * columns_p + j] = from[i * columns + j];
        for (long j = own; j < columns_p; j++) to[i * columns_p + j] = 0;
    }
}

/* to (columns, rows) = from (rows, columns) */
static inline void transpose(const float *restrict from, long rows, long columns, float *restrict to) {
#pragma omp parallel for schedule(static) if (rows * columns > 1 << 14)
    for (long start = 0; start < columns; start += WIDTH)
        for (long i = 0; i < rows; i++)
            for (long j = start; j < columns && j < start + WIDTH; j++) to[j * rows + i] = from[i * columns + j];
}

/* out (n, hp) = or += the first w of each row of x (n, stride) @ weights (w, hp) + bias, which may be NULL */
INLINE void linear_rows(const float *x, long stride, const float *weights, const float *bias, long n, long w, long hp,
                        int add, float *out) {
    for (long start = 0; start < n; start += BLOCK) {
        const long rows = start + BLOCK < n ? BLOCK : n - start, least = rows / ROWS * ROWS;
        float *own = out + start * hp;
        if (!add)
            for (long i = 0; i < rows; i++)
                for (long j = 0; j < hp; j++) own[i * hp + j] = bias ? bias[j] : 0;
        multiply_block(weights, x + start * stride, 1, stride, w, least, hp, 1, own);
        if (least < rows) {
            ALIGNED float tail[ROWS * w], y[ROWS * hp];
            for (long i = 0; i < ROWS; i++)
                for (long j = 0; j < w; j++) tail[i * w + j] = least + i < rows ? x[(start + least + i) * stride + j] : 0;
            multiply_block(weights, tail, 1, w, w, ROWS, hp, 0, y);
            for (long i = 0; i < (rows - least) * hp; i++) own[least * hp + i] += y[i];
        }
    }
}

/* The same, rows side by side on the threads. */
static inline void linear(const float *x, long stride, const float *weights, const float *bias, long n, long w, long hp,
                          float *out) {
#pragma omp parallel for schedule(static)
    for (long start = 0; start < n; start += BLOCK) {
        const long rows = start + BLOCK < n ? BLOCK : n - start;
        linear_rows(x + start * stride, stride, weights, bias, rows, w, hp, 0, out + start * hp);
    }
}

#define DEPTH 128 /* rows summed up before sums go back to memory */

/* The gradient of a linear layer of w inputs: out (w, hp) += x (n, stride) transposed @ grad (n, hp). Up to the next
   multiple of ROWS, rows of x and out reach beyond w. */
INLINE void linear_weights_rows(const float *x, long stride, const float *grad, long n, long w, long hp, float *out) {
    const long wide_w = (w + ROWS - 1) / ROWS * ROWS;
    for (long start = 0; start < n; start += DEPTH) {
        const long rows = start + DEPTH < n ? DEPTH : n - start;
        multiply_block(grad + start * hp, x + start * stride, stride, 1, rows, wide_w, hp, 1, out);
    }
}

/* The same, out's rows side by side on the threads. */
static inline void linear_weights(const float *x, long stride, const float *grad, long n, long w, long hp, float *out) {
#pragma omp parallel for schedule(dynamic)
    for (long r = 0; r < w; r += WIDTH) {
        const long rows = r + WIDTH < w ? WIDTH : w - r;
        for (long j = 0; j < rows * hp; j++) out[r * hp + j] = 0;
        linear_weights_rows(x + r, stride, grad, n, rows, hp, out + r * hp);
    }
}

/* out (hp) = the sums of the columns of x (n, hp) */
static inline void column_sums(const float *restrict x, long n, long hp, float *restrict out) {
    double *parts = (double *)room(2 * CHUNKS * hp);
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *restrict part = parts + chunk * hp;
        float own[hp];
        for (long j = 0; j < hp; j++) part[j] = 0;
        for (long start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            for (long j = 0; j < hp; j++) own[j] = 0;
            for (long i = start; i < end_of_block(start, n, chunk); i++)
                for (long j = 0; j < hp; j++) own[j] += x[i * hp + j];
            for (long j = 0; j < hp; j++) part[j] += own[j];
        }
    }
    join(parts, hp, out);
    free(parts);
}
#endif
