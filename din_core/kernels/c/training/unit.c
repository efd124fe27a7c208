/* The activation unit in training, on real pairs: products and Dice in blocks of pairs that stay in a core's first-level
   cache. Its first layer is split, see ActivationUnit; the others are those of layers.c.

   p pairs; d numbers of an embedding, dp the next multiple of WIDTH; h and hp hidden channels likewise. */
#include "../common/batch.h"
#include "../common/dice.h"
#include "layers.h"
#include "../common/linear.h"

/* A block of a chunk's pairs: who meets whom. */
typedef struct {
    int64_t g, t, c, t_of[BLOCK], c_of[BLOCK];
} Walk;

/* Goes on to the next pairs before history `end`: how many, at most BLOCK. */
static int walk_on(Walk *w, const int64_t *behaviors, const int64_t *candidates, int64_t end) {
    int n = 0;
    while (w->g < end && n < BLOCK) {
        const int64_t many = candidates[w->g + 1] - candidates[w->g];
        if (w->t == behaviors[w->g + 1] || !many) {
            w->g++;
            if (w->g < end) w->t = behaviors[w->g], w->c = candidates[w->g];
            continue;
        }
        w->t_of[n] = w->t;
        w->c_of[n++] = w->c;
        if (++w->c == candidates[w->g + 1]) w->t++, w->c = candidates[w->g];
    }
    return n;
}

/* x (BLOCK, dp): q of the candidate times k of the behavior; 0 beyond n rows and d numbers */
INLINE void pair_block(const Walk *w, int n, const float *q, const float *k, int64_t d, int64_t dp, float *x) {
    for (int64_t i = 0; i < BLOCK; i++, x += dp) {
        for (int64_t j = i < n ? d : 0; j < dp; j++) x[j] = 0;
        if (i < n)
            for (int64_t j = 0; j < d; j++) x[j] = q[w->c_of[i] * d + j] * k[w->t_of[i] * d + j];
    }
}

/* Flags of a pair: which of f fields, whose rows are behavior (n, f) and candidate (m, f), have the same known value; row
   j of weights (f, h) is what flag j adds, gradient (CHUNKS, f, h) what it got. */
typedef struct {
    const int64_t *behavior, *candidate;
    const float *weights;
    float *gradient;
    int64_t f, h;
} Matches;

#define FOR_MATCHES                                                                                                    \
    for (int64_t field = 0; field < own->f; field++)                                                                   \
        if (own->candidate[c * own->f + field] > 0 &&                                                                  \
            own->candidate[c * own->f + field] == own->behavior[t * own->f + field])

INLINE void add_matches(const Matches *own, int64_t t, int64_t c, float *restrict s) {
    FOR_MATCHES for (int64_t j = 0; j < own->h; j++) s[j] += own->weights[field * own->h + j];
}

INLINE void matches_backward(const Matches *own, int64_t t, int64_t c, const float *restrict d_s, int chunk) {
    FOR_MATCHES {
        float *restrict to = own->gradient + (chunk * own->f + field) * own->h;
        for (int64_t j = 0; j < own->h; j++) to[j] += d_s[j];
    }
}

#define HISTORIES behaviors, candidates, pairs, histories
#define FOR_BLOCKS_OF_CHUNK                                                                                            \
    const int64_t end = end_history(HISTORIES, chunk);                                                                    \
    Walk w = {.g = first_history(HISTORIES, chunk)};                                                                   \
    if (w.g < end) w.t = behaviors[w.g], w.c = candidates[w.g];                                                        \
    int64_t pair = w.g < end ? pairs[w.g] : 0;                                                                            \
    for (int n; (n = walk_on(&w, behaviors, candidates, end)); pair += n)

/* What of a batch a chunk holds. */
typedef struct {
    int64_t t, behaviors, c, candidates; /* from which on, how many */
} Share;

static Share share_of(int chunk, BATCH) {
    const int64_t first = first_history(HISTORIES, chunk), end = end_history(HISTORIES, chunk);
    return (Share){behaviors[first], behaviors[end] - behaviors[first], candidates[first],
                   candidates[end] - candidates[first]};
}

/* s (p, h) = (q o k) @ of_product + q @ of_q + k @ of_k + bias, the matrices (d, h); from_q (., h) and from_k are room to
   work in. */
static void to_first(const float *q, const float *k, const float *of_q, const float *of_k, const float *of_product,
                     const float *bias, const Matches *matches, float *from_q, float *from_k, float *s, int64_t d, int64_t dp,
                     int64_t h, BATCH) {
    FOR_CHUNKS {
        ALIGNED float x[BLOCK * dp], y[BLOCK * h];
        const Share own = share_of(chunk, HISTORIES);
        linear_rows(q + own.c * d, d, of_q, NULL, own.candidates, d, h, 0, from_q + own.c * h);
        linear_rows(k + own.t * d, d, of_k, bias, own.behaviors, d, h, 0, from_k + own.t * h);
        FOR_BLOCKS_OF_CHUNK {
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(of_product, x, 1, dp, d, BLOCK, h, 0, y);
            for (int i = 0; i < n; i++) {
                for (int64_t j = 0; j < h; j++)
                    s[(pair + i) * h + j] = y[i * h + j] + from_q[w.c_of[i] * h + j] + from_k[w.t_of[i] * h + j];
                add_matches(matches, w.t_of[i], w.c_of[i], s + (pair + i) * h);
            }
        }
    }
}

INLINE void add(const float *restrict x, int64_t k, float *restrict to) {
    for (int64_t j = 0; j < k; j++) to[j] += x[j];
}

INLINE void add_products(const float *restrict x, const float *restrict y, int64_t k, float *restrict to) {
    for (int64_t j = 0; j < k; j++) to[j] += x[j] * y[j];
}

/* Back through the first layer: d_own (p, h) -> d_q (., dp), d_k, gradients (3, dp, h) of what q, k and their product are
   multiplied by, parts (3, h, dp), and d_bias (h). wide_q (., dp) and wide_k are q and k; of_q (., h), of_k and chunks
   (CHUNKS, 3 dp h + h) are room to work in. */
static void back_to_pairs(const float *q, const float *k, const float *wide_q, const float *wide_k, const Pass *pass,
                          const float *d_own, const float *sums, const float *parts, const Matches *matches,
                          float *d_q, float *d_k, float *of_q, float *of_k, float *chunks,
                          float *gradients, int64_t d, int64_t dp, int64_t h, BATCH) {
    const float each = 1.0f / *pass->total;
    const int64_t part = dp * h, numbers = 3 * part + h;
    FOR_CHUNKS {
        float *d_w = chunks + chunk * numbers, *d_bias = d_w + 3 * part;
        ALIGNED float x[BLOCK * dp], d_x[BLOCK * dp], d_s[BLOCK * h];
        const Share own = share_of(chunk, HISTORIES);
        memset(d_w, 0, numbers * sizeof(float));
        memset(d_q + own.c * dp, 0, own.candidates * dp * sizeof(float));
        memset(d_k + own.t * dp, 0, own.behaviors * dp * sizeof(float));
        memset(of_q + own.c * h, 0, own.candidates * h * sizeof(float));
        memset(of_k + own.t * h, 0, own.behaviors * h * sizeof(float));
        FOR_BLOCKS_OF_CHUNK {
            statistics_block(pass->s + pair * h, d_own + pair * h, pass->dice, sums, pass->weight + pair, each, n, h, d_s);
            for (int64_t i = n * h; i < BLOCK * h; i++) d_s[i] = 0;
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(d_s, x, dp, 1, BLOCK, (d + ROWS - 1) / ROWS * ROWS, h, 1, d_w + 2 * part);
            multiply_block(parts + 2 * part, d_s, 1, h, h, BLOCK, dp, 0, d_x);
            for (int i = 0; i < n; i++) {
                const int64_t c = w.c_of[i], t = w.t_of[i];
                add_products(d_x + i * dp, k + t * d, d, d_q + c * dp);
                add_products(d_x + i * dp, q + c * d, d, d_k + t * dp);
                add(d_s + i * h, h, of_q + c * h);
                add(d_s + i * h, h, of_k + t * h);
                matches_backward(matches, t, c, d_s + i * h, chunk);
            }
        }
        linear_rows(of_q + own.c * h, h, parts, NULL, own.candidates, h, dp, 1, d_q + own.c * dp);
        linear_rows(of_k + own.t * h, h, parts + part, NULL, own.behaviors, h, dp, 1, d_k + own.t * dp);
        linear_weights_rows(wide_q + own.c * dp, dp, of_q + own.c * h, own.candidates, d, h, d_w);
        linear_weights_rows(wide_k + own.t * dp, dp, of_k + own.t * h, own.behaviors, d, h, d_w + part);
        for (int64_t c = own.c; c < own.c + own.candidates; c++) add(of_q + c * h, h, d_bias);
    }
    join_floats(chunks, numbers, gradients);
}

/* What q, k and their product are multiplied by, (hp, dp) each, behind one another, of the first layer's weights on
   [q, k, q - k, q o k], or on [q, q o k, k] where it is the paper's: (h, 4d) or (h, 3d). */
static void split(const float *first, int paper, int64_t d, int64_t dp, int64_t h, int64_t hp, float *parts) {
    float *of_q = parts, *of_k = parts + hp * dp, *of_product = parts + 2 * hp * dp;
    for (int64_t i = 0; i < 3 * hp * dp; i++) parts[i] = 0;
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < d; j++) {
            const float *row = first + i * (paper ? 3 : 4) * d + j, apart = paper ? 0 : row[2 * d];
            of_q[i * dp + j] = row[0] + apart;
            of_k[i * dp + j] = row[paper ? 2 * d : d] - apart;
            of_product[i * dp + j] = row[paper ? d : 3 * d];
        }
}

/* The gradient of `first` from those of its parts, (dp, hp) each. */
static void join_split(const float *d_q, const float *d_k, const float *d_product, int paper, int64_t d, int64_t h, int64_t hp,
                       float *d_first) {
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < d; j++) {
            float *row = d_first + i * (paper ? 3 : 4) * d + j;
            const float of_q = d_q[j * hp + i], of_k = d_k[j * hp + i];
            row[0] = of_q;
            row[paper ? 2 * d : d] = of_k;
            row[paper ? d : 3 * d] = d_product[j * hp + i];
            if (!paper) row[2 * d] = of_q - of_k;
        }
}

/* weight (p) of q (m, d) and k (n, d), whose repeats are count (n). first and bias are the first layer's, own the
   others; matches (f, h) of rows behavior (n, f) and candidate (m, f), where f is not 0. parts (3, hp, dp), as `split`
   leaves them, and pass are for the way back. 1 where there is no memory. */
int unit_forward(const float *q, const float *k, const float *count, const int64_t *behavior, const int64_t *candidate,
                 const float *matches, const float *first, const float *bias, const Layers *own, const Pass *pass,
                 float epsilon, int64_t paper, int64_t m, int64_t n, int64_t p, int64_t d, int64_t f, int64_t h,
                 int64_t h2, float *parts, float *weight, BATCH) {
    const int64_t dp = wide(d), hp = wide(h), part = dp * hp;
    float *across = room(3 * part), *from_q = room(m * hp), *from_k = room(n * hp), bias_p[hp];
    const Matches flags = {behavior, candidate, matches, NULL, f, h};
    int failed = !across || !from_q || !from_k;
    if (!failed) {
        split(first, (int)paper, d, dp, h, hp, parts);
        for (int i = 0; i < 3; i++) transpose(parts + i * part, hp, dp, across + i * part);
        fill_up(bias, 1, h, 1, hp, bias_p);
        FOR_PAIRS pass->weight[pair] = count[t];
        to_first(q, k, across, across + part, across + 2 * part, bias_p, &flags, from_q, from_k, pass->s, d, dp, hp,
                 HISTORIES);
        failed = layers_forward(own, pass, epsilon, p, h, h2, weight);
    }
    free(across), free(from_q), free(from_k);
    return failed;
}

/* Room of unit_backward. */
typedef struct {
    float *d_own, *of_q, *of_k, *gradients, *chunks, *wide_q, *wide_k, *matches;
} Room;

static Room unit_room(int64_t m, int64_t n, int64_t p, int64_t dp, int64_t f, int64_t h, int64_t hp, int64_t numbers) {
    return (Room){room(p * hp),           room(m * hp), room(n * hp), room(numbers),
                  room(CHUNKS * numbers), room(m * dp), room(n * dp), room(CHUNKS * f * h)};
}

static int complete(const Room *own) {
    return own->d_own && own->of_q && own->of_k && own->gradients && own->chunks && own->wide_q && own->wide_k &&
           own->matches;
}

static void empty(const Room *own) {
    free(own->d_own), free(own->of_q), free(own->of_k), free(own->gradients), free(own->chunks), free(own->wide_q);
    free(own->wide_k), free(own->matches);
}

/* grad (p), that of weight -> d_q (m, dp), d_k (n, dp), d_matches (f, h), d_first, d_bias (h) and the other layers'
   gradient; 1 where there is no memory. */
int unit_backward(const float *q, const float *k, const int64_t *behavior, const int64_t *candidate, const Pass *pass,
                  const float *parts, const float *grad, int64_t paper, int64_t m, int64_t n, int64_t p, int64_t d,
                  int64_t f, int64_t h, int64_t h2, float *d_q, float *d_k, float *d_matches, float *d_first,
                  float *d_bias, const LayersGradient *to, BATCH) {
    const int64_t dp = wide(d), hp = wide(h), part = hp * dp, numbers = 3 * part + hp;
    const Room own = unit_room(m, n, p, dp, f, h, hp, numbers);
    float sums[3 * hp];
    int failed = !complete(&own) || layers_backward(pass, grad, p, h, h2, to, own.d_own, sums);
    if (!failed) {
        const Matches flags = {behavior, candidate, NULL, own.matches, f, h};
        const float *gradients = own.gradients;
        memset(own.matches, 0, CHUNKS * f * h * sizeof(float));
        const int fills = d == dp;
        if (!fills) fill_up(q, m, d, m, dp, own.wide_q), fill_up(k, n, d, n, dp, own.wide_k);
        back_to_pairs(q, k, fills ? q : own.wide_q, fills ? k : own.wide_k, pass, own.d_own, sums, parts, &flags, d_q, d_k, own.of_q, own.of_k,
                      own.chunks, own.gradients, d, dp, hp, HISTORIES);
        join_floats(own.matches, f * h, d_matches);
        join_split(gradients, gradients + part, gradients + 2 * part, (int)paper, d, h, hp, d_first);
        for (int64_t j = 0; j < h; j++) d_bias[j] = gradients[3 * part + j];
    }
    empty(&own);
    return failed;
}
