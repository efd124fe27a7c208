/* Sums over the rows of a batch: by blocks of rows in single precision, from block to block in double. The blocks
   belong to CHUNKS runs of rows, which are joined in their order: the outcome is the same on any number of threads. */
#ifndef DIN_LENS_BLOCKS
#define DIN_LENS_BLOCKS
#define CHUNKS 16
#define BLOCK 32

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
#endif
