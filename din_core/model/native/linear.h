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

/* out (n, hp) = or += x (n, w) @ weights (w, hp) + bias, which may be NULL */
static inline void linear(const float *x, const float *weights, const float *bias, long n, long w, long hp, int add,
                          float *out) {
#pragma omp parallel for schedule(static)
    for (long start = 0; start < n; start += BLOCK) {
        const long rows = start + BLOCK < n ? BLOCK : n - start, least = rows / ROWS * ROWS;
        float *own = out + start * hp;
        if (!add)
            for (long i = 0; i < rows; i++)
                for (long j = 0; j < hp; j++) own[i * hp + j] = bias ? bias[j] : 0;
        multiply_block(weights, x + start * w, 1, w, w, least, hp, 1, own);
        if (least < rows) {
            ALIGNED float tail[ROWS * w], y[ROWS * hp];
            for (long i = 0; i < ROWS * w; i++) tail[i] = i < (rows - least) * w ? x[(start + least) * w + i] : 0;
            multiply_block(weights, tail, 1, w, w, ROWS, hp, 0, y);
            for (long i = 0; i < (rows - least) * hp; i++) own[least * hp + i] += y[i];
        }
    }
}

#define DEPTH 128 /* rows summed up before sums go back to memory */

/* out (wp, hp) = x (n, wp) transposed @ grad (n, hp): a linear layer's gradient. */
static inline void linear_weights(const float *x, const float *grad, long n, long wp, long hp, float *out) {
#pragma omp parallel for schedule(dynamic)
    for (long r = 0; r < wp; r += WIDTH) {
        for (long j = 0; j < WIDTH * hp; j++) out[r * hp + j] = 0;
        for (long start = 0; start < n; start += DEPTH) {
            const long rows = start + DEPTH < n ? DEPTH : n - start;
            multiply_block(grad + start * hp, x + start * wp + r, wp, 1, rows, WIDTH, hp, 1, out + r * hp);
        }
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
