/* The activation unit of many candidates against a history, each tile of pairs in a core's first-level cache from the
   first product to the weight. A lane is a candidate.

   n candidates, t behaviors, d numbers of a query, h and h2 hidden channels, f matches; n is a multiple of LANES, h and
   h2 are of ROWS, and h is at most CHANNELS. The numbers of a Dice (4, h) are alpha, 1 - alpha, mean and rate. */
#include "../common/dice_value.h"
#include "../common/multiply.h"
#define CHANNELS 256

typedef struct {
    const float *query, *match; /* (d, n) and, of one behavior, (f, n) */
    const float *matrix, *of_match, *first;
    const float *second, *second_bias, *next, *last;
    int64_t n, d, f, h, h2;
} Unit;

/* y (ROWS, m) <- Dice(y), of the channels from r on */
INLINE void dice_of_channels(float *y, const float *numbers, int64_t h, int64_t r, int64_t m) {
    for (int i = 0; i < ROWS; i++, y += m) {
        const float *own = numbers + r + i;
        const float alpha = own[0], rest = own[h], mean = own[2 * h], rate = own[3 * h];
        for (int64_t j = 0; j < m; j++) y[j] = dice_value(y[j], alpha, rest, mean, rate);
    }
}

/* out (m) = the weights of m = vectors * LANES candidates, from `first` on, for one behavior */
INLINE void tile(const Unit *u, int64_t first, float bias, float *out, const int vectors) {
    const int64_t m = vectors * LANES;
    float hidden[CHANNELS * WIDE * LANES], z[ROWS * WIDE * LANES];
    for (int64_t r = 0; r < u->h; r += ROWS) {
        lanes sums[ROWS][WIDE] = {0};
        multiply(u->query + first, u->n, u->matrix + r, u->h, 1, u->d, vectors, sums);
        multiply(u->match + first, u->n, u->of_match + r, u->h, 1, u->f, vectors, sums);
        keep(hidden + r * m, vectors, sums);
        dice_of_channels(hidden + r * m, u->first, u->h, r, m);
    }
    for (int64_t j = 0; j < m; j++) out[j] = bias;
    for (int64_t r = 0; r < u->h2; r += ROWS) {
        lanes sums[ROWS][WIDE] = {0};
        for (int i = 0; i < ROWS; i++)
            for (int v = 0; v < vectors; v++) sums[i][v] += u->second_bias[r + i];
        multiply(hidden, m, u->second + r, u->h2, 1, u->h, vectors, sums);
        keep(z, vectors, sums);
        dice_of_channels(z, u->next, u->h2, r, m);
        for (int i = 0; i < ROWS; i++)
            for (int64_t j = 0; j < m; j++) out[j] += u->last[r + i] * z[i * m + j];
    }
}

/* out (t, n): queries (d, n), matrices (t, d, h), match (t, f, n), of_match (f, h), first (4, h), second (h, h2),
   second_bias (h2), next (4, h2), last (h2). Returns 0. */
int scoring_history_weights(const float *queries, const float *matrices, const float *match, const float *of_match,
                         const float *first, const float *second, const float *second_bias, const float *next,
                         const float *last, float bias, int64_t n, int64_t t, int64_t d, int64_t f, int64_t h,
                         int64_t h2, float *out) {
    Unit u = {queries, match, matrices, of_match, first, second, second_bias, next, last, n, d, f, h, h2};
    for (int64_t b = 0; b < t; b++, u.matrix += d * h, u.match += f * n, out += n) {
        int64_t c = 0;
        for (; c + WIDE * LANES <= n; c += WIDE * LANES) tile(&u, c, bias, out + c, WIDE);
        for (; c < n; c += LANES) tile(&u, c, bias, out + c, 1);
    }
    return 0;
}
