/* Sums over the rows of a batch: by blocks of rows in single precision, from block to block in double. The blocks
   belong to CHUNKS runs of rows, which are joined in their order: the outcome is the same on any number of threads. */
#ifndef DIN_LENS_BLOCKS
#define DIN_LENS_BLOCKS
#include <stdint.h>

#define CHUNKS 16
#define BLOCK 32
#define ALIGNED __attribute__((aligned(64))) /* to a line of the cache, which no vector then crosses */

static inline int64_t first_row(int64_t n, int chunk) { return (n / BLOCK + 1) * chunk / CHUNKS * BLOCK; }
static inline int64_t end_row(int64_t n, int chunk) {
    const int64_t end = first_row(n, chunk + 1);
    return end < n ? end : n;
}
static inline int64_t end_of_block(int64_t start, int64_t n, int chunk) {
    const int64_t end = end_row(n, chunk);
    return start + BLOCK < end ? start + BLOCK : end;
}

/* parts (CHUNKS, k) -> sums (k) */
static inline void join(double *restrict parts, int64_t k, float *restrict sums) {
    for (int chunk = 1; chunk < CHUNKS; chunk++)
        for (int64_t j = 0; j < k; j++) parts[j] += parts[chunk * k + j];
    for (int64_t j = 0; j < k; j++) sums[j] = (float)parts[j];
}

#define COLUMNS 256

/* The same of single precision, columns side by side on the threads. */
static inline void join_floats(const float *restrict parts, int64_t k, float *restrict sums) {
#pragma omp parallel for schedule(static)
    for (int64_t start = 0; start < k; start += COLUMNS) {
        const int64_t columns = start + COLUMNS < k ? COLUMNS : k - start;
        double sum[COLUMNS] = {0};
        for (int chunk = 0; chunk < CHUNKS; chunk++)
            for (int64_t j = 0; j < columns; j++) sum[j] += parts[chunk * k + start + j];
        for (int64_t j = 0; j < columns; j++) sums[start + j] = (float)sum[j];
    }
}
#endif
