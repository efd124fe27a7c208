#include <stdint.h>
#include <string.h>

/* Rows of one table a field, side by side: rows (n, fields), table f (., widths[f]), out (n, sum of widths). */

int embed(const int64_t *restrict rows, float *const *tables, const int64_t *restrict widths, int64_t n, int64_t fields,
            float *restrict out) {
    int64_t d = 0;
    for (int64_t f = 0; f < fields; f++) d += widths[f];
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        float *restrict to = out + i * d;
        for (int64_t f = 0; f < fields; f++) {
            const float *restrict from = tables[f] + rows[i * fields + f] * widths[f];
            for (int64_t j = 0; j < widths[f]; j++) to[j] = from[j];
            to += widths[f];
        }
    }
    return 0;
}

/* A reader of tables: its rows (n, fields), and the gradient (n, sum of widths) of what it read. */
typedef struct {
    const int64_t *rows;
    const float *grad;
} Reader;

#define SHARES 4 /* of a table's rows, dealt out in blocks, so that often-read ones fall to different threads */
#define BLOCK_OF_ROWS 16

/* Gradients of tables of `lengths` (fields) rows, which several readers have read n (readers) rows each of. */
int embed_backward(const Reader *readers, const int64_t *n, int64_t count, float *const *tables, const int64_t *lengths,
             const int64_t *widths, int64_t fields) {
    int64_t d = 0;
    for (int64_t f = 0; f < fields; f++) d += widths[f];
#pragma omp parallel for schedule(static, 1)
    for (int64_t share = 0; share < SHARES; share++)
        for (int64_t f = 0, before = 0; f < fields; before += widths[f++]) {
            const int64_t width = widths[f], step = SHARES * BLOCK_OF_ROWS;
            for (int64_t start = share * BLOCK_OF_ROWS; start < lengths[f]; start += step) {
                const int64_t rows = start + BLOCK_OF_ROWS < lengths[f] ? BLOCK_OF_ROWS : lengths[f] - start;
                memset(tables[f] + start * width, 0, rows * width * sizeof(float));
            }
            for (int64_t r = 0; r < count; r++)
                for (int64_t i = 0; i < n[r]; i++) {
                    const int64_t row = readers[r].rows[i * fields + f];
                    if (row / BLOCK_OF_ROWS % SHARES != share) continue;
                    float *restrict to = tables[f] + row * width;
                    const float *restrict from = readers[r].grad + i * d + before;
                    for (int64_t j = 0; j < width; j++) to[j] += from[j];
                }
        }
    return 0;
}
