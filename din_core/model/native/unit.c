/* The activation unit in training, on real pairs: products and Dice in blocks of pairs that stay in a core's first-level
   cache. Its first layer is split, see ActivationUnit; the others are those of layers.c.

   p pairs; d numbers of an embedding, dp the next multiple of WIDTH; h and hp hidden channels likewise. */
#include "batch.h"
#include "dice.h"
#include "layers.h"
#include "linear.h"

/* A block of a chunk's pairs: who meets whom. */
typedef struct {
    long g, t, c, t_of[BLOCK], c_of[BLOCK];
} Walk;

/* Goes on to the next pairs before history `end`: how many, at most BLOCK. */
static int walk_on(Walk *w, const long *behaviors, const long *candidates, long end) {
    int n = 0;
    while (w->g < end && n < BLOCK) {
        const long many = candidates[w->g + 1] - candidates[w->g];
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
INLINE void pair_block(const Walk *w, int n, const float *q, const float *k, long d, long dp, float *x) {
    for (long i = 0; i < BLOCK; i++, x += dp) {
        for (long j = i < n ? d : 0; j < dp; j++) x[j] = 0;
        if (i < n)
            for (long j = 0; j < d; j++) x[j] = q[w->c_of[i] * d + j] * k[w->t_of[i] * d + j];
    }
}

#define HISTORIES behaviors, candidates, pairs, histories
#define FOR_BLOCKS_OF_CHUNK                                                                                            \
    const long end = end_history(HISTORIES, chunk);                                                                    \
    Walk w = {.g = first_history(HISTORIES, chunk)};                                                                   \
    if (w.g < end) w.t = behaviors[w.g], w.c = candidates[w.g];                                                        \
    long pair = w.g < end ? pairs[w.g] : 0;                                                                            \
    for (int n; (n = walk_on(&w, behaviors, candidates, end)); pair += n)

/* What of a batch a chunk holds. */
typedef struct {
    long t, behaviors, c, candidates; /* from which on, how many */
} Share;

static Share share_of(int chunk, BATCH) {
    const long first = first_history(HISTORIES, chunk), end = end_history(HISTORIES, chunk);
    return (Share){behaviors[first], behaviors[end] - behaviors[first], candidates[first],
                   candidates[end] - candidates[first]};
}

/* s (p, h) = (q o k) @ of_product + q @ of_q + k @ of_k + bias, the matrices (d, h); from_q (., h) and from_k are room to
   work in. */
static void to_first(const float *q, const float *k, const float *of_q, const float *of_k, const float *of_product,
                     const float *bias, float *from_q, float *from_k, float *s, long d, long dp, long h, BATCH) {
    FOR_CHUNKS {
        ALIGNED float x[BLOCK * dp], y[BLOCK * h];
        const Share own = share_of(chunk, HISTORIES);
        linear_rows(q + own.c * d, d, of_q, NULL, own.candidates, d, h, 0, from_q + own.c * h);
        linear_rows(k + own.t * d, d, of_k, bias, own.behaviors, d, h, 0, from_k + own.t * h);
        FOR_BLOCKS_OF_CHUNK {
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(of_product, x, 1, dp, d, BLOCK, h, 0, y);
            for (int i = 0; i < n; i++)
                for (long j = 0; j < h; j++)
                    s[(pair + i) * h + j] = y[i * h + j] + from_q[w.c_of[i] * h + j] + from_k[w.t_of[i] * h + j];
        }
    }
}

INLINE void add(const float *restrict x, long k, float *restrict to) {
    for (long j = 0; j < k; j++) to[j] += x[j];
}

INLINE void add_products(const float *restrict x, const float *restrict y, long k, float *restrict to) {
    for (long j = 0; j < k; j++) to[j] += x[j] * y[j];
}

/* x (n, d), or zeros where there is none, as rows of dp. */
static void begin(const float *x, long n, long d, long dp, float *to) {
    if (x) fill_up(x, n, d, n, dp, to);
    else memset(to, 0, n * dp * sizeof(float));
}

/* Back through the first layer: d_own (p, h), and what else q and k have of gradients, onto_q (., d) and onto_k or NULL,
   -> d_q (., dp), d_k, gradients (3, dp, h) of what q, k and their product are
   multiplied by, parts (3, h, dp), and d_bias (h). wide_q (., dp) and wide_k are q and k; of_q (., h), of_k and chunks
   (CHUNKS, 3 dp h + h) are room to work in. */
static void back_to_pairs(const float *q, const float *k, const float *wide_q, const float *wide_k, const Pass *pass,
                          const float *d_own, const float *sums, const float *parts, const float *onto_q,
                          const float *onto_k, float *d_q, float *d_k, float *of_q, float *of_k, float *chunks,
                          float *gradients, long d, long dp, long h, BATCH) {
    const float each = 1.0f / *pass->total;
    const long part = dp * h, numbers = 3 * part + h;
    FOR_CHUNKS {
        float *d_w = chunks + chunk * numbers, *d_bias = d_w + 3 * part;
        ALIGNED float x[BLOCK * dp], d_x[BLOCK * dp], d_s[BLOCK * h];
        const Share own = share_of(chunk, HISTORIES);
        memset(d_w, 0, numbers * sizeof(float));
        begin(onto_q ? onto_q + own.c * d : NULL, own.candidates, d, dp, d_q + own.c * dp);
        begin(onto_k ? onto_k + own.t * d : NULL, own.behaviors, d, dp, d_k + own.t * dp);
        memset(of_q + own.c * h, 0, own.candidates * h * sizeof(float));
        memset(of_k + own.t * h, 0, own.behaviors * h * sizeof(float));
        FOR_BLOCKS_OF_CHUNK {
            statistics_block(pass->s + pair * h, d_own + pair * h, pass->dice, sums, pass->weight + pair, each, n, h, d_s);
            for (long i = n * h; i < BLOCK * h; i++) d_s[i] = 0;
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(d_s, x, dp, 1, BLOCK, (d + ROWS - 1) / ROWS * ROWS, h, 1, d_w + 2 * part);
            multiply_block(parts + 2 * part, d_s, 1, h, h, BLOCK, dp, 0, d_x);
            for (int i = 0; i < n; i++) {
                const long c = w.c_of[i], t = w.t_of[i];
                add_products(d_x + i * dp, k + t * d, d, d_q + c * dp);
                add_products(d_x + i * dp, q + c * d, d, d_k + t * dp);
                add(d_s + i * h, h, of_q + c * h);
                add(d_s + i * h, h, of_k + t * h);
            }
        }
        linear_rows(of_q + own.c * h, h, parts, NULL, own.candidates, h, dp, 1, d_q + own.c * dp);
        linear_rows(of_k + own.t * h, h, parts + part, NULL, own.behaviors, h, dp, 1, d_k + own.t * dp);
        linear_weights_rows(wide_q + own.c * dp, dp, of_q + own.c * h, own.candidates, d, h, d_w);
        linear_weights_rows(wide_k + own.t * dp, dp, of_k + own.t * h, own.behaviors, d, h, d_w + part);
        for (long c = own.c; c < own.c + own.candidates; c++) add(of_q + c * h, h, d_bias);
    }
    join_floats(chunks, numbers, gradients);
}

/* What q, k and their product are multiplied by, (hp, dp) each, behind one another, of the first layer's weights on
   [q, k, q - k, q o k], or on [q, q o k, k] where it is the paper's: (h, 4d) or (h, 3d). */
static void split(const float *first, int paper, long d, long dp, long h, long hp, float *parts) {
    float *of_q = parts, *of_k = parts + hp * dp, *of_product = parts + 2 * hp * dp;
    for (long i = 0; i < 3 * hp * dp; i++) parts[i] = 0;
    for (long i = 0; i < h; i++)
        for (long j = 0; j < d; j++) {
            const float *row = first + i * (paper ? 3 : 4) * d + j, apart = paper ? 0 : row[2 * d];
            of_q[i * dp + j] = row[0] + apart;
            of_k[i * dp + j] = row[paper ? 2 * d : d] - apart;
            of_product[i * dp + j] = row[paper ? d : 3 * d];
        }
}

/* The gradient of `first` from those of its parts, (dp, hp) each. */
static void join_split(const float *d_q, const float *d_k, const float *d_product, int paper, long d, long h, long hp,
                       float *d_first) {
    for (long i = 0; i < h; i++)
        for (long j = 0; j < d; j++) {
            float *row = d_first + i * (paper ? 3 : 4) * d + j;
            const float of_q = d_q[j * hp + i], of_k = d_k[j * hp + i];
            row[0] = of_q;
            row[paper ? 2 * d : d] = of_k;
            row[paper ? d : 3 * d] = d_product[j * hp + i];
            if (!paper) row[2 * d] = of_q - of_k;
        }
}

/* weight (p) of q (m, d) and k (n, d), whose repeats are count (n). first and bias are the first layer's, own the
   others; parts (3, hp, dp), as `split` leaves them, and pass are for the way back. */
void unit_forward(const float *q, const float *k, const float *count, const float *first, const float *bias, int paper,
                  const Layers *own, Pass *pass, float *parts, float momentum, float epsilon, long m, long n, long p,
                  long d, long h, long h2, float *weight, BATCH) {
    const long dp = wide(d), hp = wide(h), part = dp * hp;
    float *across = room(3 * part), *from_q = room(m * hp), *from_k = room(n * hp), bias_p[hp];
    split(first, paper, d, dp, h, hp, parts);
    for (int i = 0; i < 3; i++) transpose(parts + i * part, hp, dp, across + i * part);
    fill_up(bias, 1, h, 1, hp, bias_p);
    FOR_PAIRS pass->weight[pair] = count[t];
    to_first(q, k, across, across + part, across + 2 * part, bias_p, from_q, from_k, pass->s, d, dp, hp, HISTORIES);
    layers_forward(own, pass, momentum, epsilon, p, h, h2, weight);
    free(across), free(from_q), free(from_k);
}

/* q or k (n, d) as wide as the products over their rows read it, to be freed if it is another. */
static float *widened(const float *x, long n, long d, long dp) {
    if (d == dp) return (float *)x;
    float *found = room(n * dp);
    fill_up(x, n, d, n, dp, found);
    return found;
}

/* grad (p), that of weight -> d_q (m, dp), d_k (n, dp), added to onto_q (m, d) and onto_k (n, d) or NULL, d_first, d_bias (h) and the other layers' gradient. */
void unit_backward(const float *q, const float *k, int paper, const Pass *pass, const float *parts, const float *grad,
                   long m, long n, long p, long d, long h, long h2, const float *onto_q, const float *onto_k,
                   float *d_q, float *d_k, float *d_first, float *d_bias, const LayersGradient *to, BATCH) {
    const long dp = wide(d), hp = wide(h), part = hp * dp, numbers = 3 * part + hp;
    float *d_own = room(p * hp), *of_q = room(m * hp), *of_k = room(n * hp), *gradients = room(numbers), sums[3 * hp];
    float *chunks = room(CHUNKS * numbers), *wide_q = widened(q, m, d, dp), *wide_k = widened(k, n, d, dp);
    layers_backward(pass, grad, p, h, h2, to, d_own, sums);
    back_to_pairs(q, k, wide_q, wide_k, pass, d_own, sums, parts, onto_q, onto_k, d_q, d_k, of_q, of_k, chunks, gradients, d, dp, hp,
                  HISTORIES);
    join_split(gradients, gradients + part, gradients + 2 * part, paper, d, h, hp, d_first);
    for (long j = 0; j < h; j++) d_bias[j] = gradients[3 * part + j];
    if (wide_q != q) free(wide_q), free(wide_k);
    free(d_own), free(of_q), free(of_k), free(gradients), free(chunks);
}
