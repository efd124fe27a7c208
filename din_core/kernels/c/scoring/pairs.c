/* The activation unit on the real pairs of a ragged batch, with running statistics: rows of pairs stay in a core's
   first-level cache from the first product to the weight.

   m candidates, n behaviors, d numbers of an embedding, f match flags; hp and h2p hidden channels, multiples of WIDTH.
   Histories, behaviors, candidates and pairs as in a ragged batch: offsets (histories + 1) each. */
#include "../common/dice_value.h"
#include "../common/product.h"
#define ROWS_OF_BLOCK 32
#define LEAST_PARALLEL 256 /* blocks of fewer pairs are not worth another thread */

typedef struct {
    const float *q, *k, *from_q, *from_k;         /* (m, d), (n, d), (m, hp), (n, hp) */
    const int64_t *behavior, *candidate;          /* (n, f), (m, f): known values are above 0 */
    const int64_t *behaviors, *candidates, *pairs; /* offsets */
    const float *product;                         /* (d + f, hp) */
    const float *first, *second, *second_bias;    /* (4, hp), (hp, h2p), (h2p) */
    const float *next, *last;                     /* (4, h2p), (h2p) */
    float bias;
    int64_t histories, d, f, hp, h2p;
} Unit;

/* The history that a pair belongs to. */
static int64_t history_of(const int64_t *pairs, int64_t histories, int64_t pair) {
    int64_t low = 0, high = histories;
    while (low + 1 < high) {
        const int64_t middle = (low + high) / 2;
        if (pairs[middle] <= pair) low = middle;
        else high = middle;
    }
    return low;
}

/* x (d + f) and y (hp) of behavior t and candidate c: what is multiplied, and what is added to the product. */
INLINE void read_pair(const Unit *u, int64_t t, int64_t c, float *restrict x, float *restrict y) {
    const float *q = u->q + c * u->d, *k = u->k + t * u->d;
    const float *from_q = u->from_q + c * u->hp, *from_k = u->from_k + t * u->hp;
    const int64_t *behavior = u->behavior + t * u->f, *candidate = u->candidate + c * u->f;
    for (int64_t j = 0; j < u->d; j++) x[j] = q[j] * k[j];
    for (int64_t j = 0; j < u->f; j++) x[u->d + j] = candidate[j] > 0 && behavior[j] == candidate[j];
    for (int64_t j = 0; j < u->hp; j++) y[j] = from_q[j] + from_k[j];
}

/* x (n, d + f) and y (rows, hp) of n pairs from `pair` on; rows, at least n, beyond n 0. */
INLINE void read_pairs(const Unit *u, int64_t pair, int64_t n, int64_t rows, float *x, float *y) {
    const int64_t depth = u->d + u->f;
    int64_t g = history_of(u->pairs, u->histories, pair);
    for (int64_t i = 0; i < n; i++, pair++) {
        while (pair >= u->pairs[g + 1]) g++;
        const int64_t many = u->candidates[g + 1] - u->candidates[g], within = pair - u->pairs[g];
        read_pair(u, u->behaviors[g] + within / many, u->candidates[g] + within % many, x + i * depth, y + i * u->hp);
    }
    for (int64_t i = n * depth; i < rows * depth; i++) x[i] = 0;
    for (int64_t i = n * u->hp; i < rows * u->hp; i++) y[i] = 0;
}

/* y (rows, h) <- Dice(y), h a multiple of WIDTH; numbers (4, h): alpha, 1 - alpha, mean and rate */
INLINE void dice_rows(float *restrict y, const float *restrict numbers, int64_t rows, int64_t h) {
    const float *alpha = numbers, *rest = numbers + h, *mean = numbers + 2 * h, *rate = numbers + 3 * h;
    for (int64_t i = 0; i < rows; i++, y += h)
        for (int64_t j = 0; j < h; j++) y[j] = dice_value(y[j], alpha[j], rest[j], mean[j], rate[j]);
}

/* out (n) = the weights of the n pairs, at most ROWS_OF_BLOCK, from `pair` on */
static void block(const Unit *u, int64_t pair, int64_t n, float *restrict out) {
    const int64_t rows = (n + ROWS - 1) / ROWS * ROWS, depth = u->d + u->f;
    float x[rows * depth], y[rows * u->hp], z[rows * u->h2p];
    read_pairs(u, pair, n, rows, x, y);
    multiply_block(u->product, x, 1, depth, depth, rows, u->hp, 1, y);
    dice_rows(y, u->first, rows, u->hp);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < u->h2p; j++) z[i * u->h2p + j] = u->second_bias[j];
    multiply_block(u->second, y, 1, u->hp, u->hp, rows, u->h2p, 1, z);
    dice_rows(z, u->next, n, u->h2p);
    for (int64_t i = 0; i < n; i++) {
        float sums[WIDTH] = {0}, sum = u->bias; /* side by side: one sum would wait for each addition */
        for (int64_t j = 0; j < u->h2p; j += WIDTH)
            for (int l = 0; l < WIDTH; l++) sums[l] += u->last[j + l] * z[i * u->h2p + j + l];
        for (int l = 0; l < WIDTH; l++) sum += sums[l];
        out[i] = sum;
    }
}

/* out (p) = the weight of each pair */
int scoring_pair_weights(const float *q, const float *k, const float *from_q, const float *from_k,
                         const int64_t *behavior, const int64_t *candidate, const int64_t *behaviors,
                         const int64_t *candidates, const int64_t *pairs, const float *product, const float *first,
                         const float *second, const float *second_bias, const float *next, const float *last,
                         float bias, int64_t histories, int64_t d, int64_t f, int64_t hp, int64_t h2p, float *out) {
    const Unit u = {q,     k,      from_q,      from_k, behavior, candidate, behaviors, candidates, pairs, product,
                    first, second, second_bias, next,   last,     bias,      histories, d,          f,     hp, h2p};
    const int64_t p = pairs[histories];
#pragma omp parallel for schedule(static) if (p >= LEAST_PARALLEL)
    for (int64_t start = 0; start < p; start += ROWS_OF_BLOCK)
        block(&u, start, p - start < ROWS_OF_BLOCK ? p - start : ROWS_OF_BLOCK, out + start);
    return 0;
}
