/* Sums over the rows of a batch: by blocks of rows in single precision, from block to block in double. The blocks
   belong to CHUNKS runs of rows, which are joined in their order: the outcome is the same on any number of threads. */
#ifndef DIN_LENS_BLOCKS
#define DIN_LENS_BLOCKS
#define CHUNKS 16
#define BLOCK 32
#define ALIGNED __attribute__((aligned(64))) /* to a line of the cache, which no vector then crosses */

static inline long first_row(long n, int chunk) { return (n / BLOCK + 1) * chunk / CHUNKS * BLOCK; }
static inline long end_row(long n, int chunk) {
    const long end = first_row(n, chunk + 1);
    return end < n ? end : n;
}
static inline long end_of_block(long start, long n, int chunk) {
    const long end = end_row(n, chunk);
    return start + BLOCK < end ? start + BLOCK : end;
}

/* parts (CHUNKS, k) -> sums (k) */
static inline void join(double *restrict parts, long k, float *restrict sums) {
    for (int chunk = 1; chunk < CHUNKS; chunk++)
        for (long j = 0; j < k; j++) parts[j] += parts[chunk * k + j];
    for (long j = 0; j < k; j++) sums[j] = (float)parts[j];
}

#define COLUMNS 256

/* The same of single precision, columns side by side on the threads. */
static inline void join_floats(const float *restrict parts, long k, float *restrict sums) {
#pragma omp parallel for schedule(static)
    for (long start = 0; start < k; start += COLUMNS) {
        const long columns = start + COLUMNS < k ? COLUMNS : k - start;
        double sum[COLUMNS] = {0};
        for (int chunk = 0; chunk < CHUNKS; chunk++)
            for (long j = 0; j < columns; j++) sum[j] += parts[chunk * k + start + j];
        for (long j = 0; j < columns; j++) sums[start + j] = (float)sum[j];
    }
}
#endif
