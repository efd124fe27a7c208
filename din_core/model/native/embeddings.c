#include <string.h>

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

/* A reader of tables: its rows (n, fields), and the gradient (n, sum of widths) of what it read. */
typedef struct {
    const long *rows;
    const float *grad;
} Reader;

#define SHARES 4 /* of a table's rows, dealt out in blocks, so that often-read ones fall to different threads */
#define BLOCK_OF_ROWS 16

/* Gradients of tables of `lengths` (fields) rows, which several readers have read n (readers) rows each of. */
void scatter(const Reader *readers, const long *n, long count, float *const *tables, const long *lengths,
             const long *widths, long fields) {
    long d = 0;
    for (long f = 0; f < fields; f++) d += widths[f];
#pragma omp parallel for schedule(static, 1)
    for (long share = 0; share < SHARES; share++)
        for (long f = 0, before = 0; f < fields; before += widths[f++]) {
            const long width = widths[f], step = SHARES * BLOCK_OF_ROWS;
            for (long start = share * BLOCK_OF_ROWS; start < lengths[f]; start += step) {
                const long rows = start + BLOCK_OF_ROWS < lengths[f] ? BLOCK_OF_ROWS : lengths[f] - start;
                memset(tables[f] + start * width, 0, rows * width * sizeof(float));
            }
            for (long r = 0; r < count; r++)
                for (long i = 0; i < n[r]; i++) {
                    const long row = readers[r].rows[i * fields + f];
                    if (row / BLOCK_OF_ROWS % SHARES != share) continue;
                    float *restrict to = tables[f] + row * width;
                    const float *restrict from = readers[r].grad + i * d + before;
                    for (long j = 0; j < width; j++) to[j] += from[j];
                }
        }
}
