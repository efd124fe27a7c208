/* Rows of one table a field, side by side: rows (n, fields), table f (., widths[f]), out (n, sum of widths). */

void gather(const long *restrict rows, float *const *tables, const long *restrict widths, long n, long fields,
            float *restrict out) {
    long d = 0;
    for (long f = 0; f < fields; f++) d += widths[f];
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++) {
        float *restrict to = out + i * d;
        for (long f = 0; f < fields; f++) {
            const float *restrict from = tables[f] + rows[i * fields + f] * widths[f];
            for (long j = 0; j < widths[f]; j++) to[j] = from[j];
            to += widths[f];
        }
    }
}

/* Table f += the rows of grad (n, sum of widths) that were read from it. */
void scatter(const long *restrict rows, float *const *tables, const long *restrict widths, long n, long fields,
             const float *restrict grad) {
    long d = 0;
    for (long f = 0; f < fields; f++) d += widths[f];
#pragma omp parallel for schedule(dynamic, 1)
    for (long f = 0; f < fields; f++) {
        long before = 0;
        for (long g = 0; g < f; g++) before += widths[g];
        for (long i = 0; i < n; i++) {
            float *restrict to = tables[f] + rows[i * fields + f] * widths[f];
            const float *restrict from = grad + i * d + before;
            for (long j = 0; j < widths[f]; j++) to[j] += from[j];
        }
    }
}
