#include <string.h>

/* Slices of an array with rows of so many bytes, end to end: slice i begins at starts[i] and goes to offsets[i]. */
void slices(const char *restrict from, const long *restrict starts, const long *restrict offsets, long n, long bytes,
            char *restrict to) {
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        memcpy(to + offsets[i] * bytes, from + starts[i] * bytes, (offsets[i + 1] - offsets[i]) * bytes);
}

/* rows (n) of a table of whole numbers (., width) -> (n, width) */
void rows_of(const long *restrict table, const long *restrict rows, long n, long width, long *restrict to) {
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        for (long j = 0; j < width; j++) to[i * width + j] = table[rows[i] * width + j];
}
