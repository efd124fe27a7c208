/* The activation unit in training, from pairs to weights and back: products and Dice in blocks of rows that stay in a
   core's first-level cache.

   p pairs; d numbers of an embedding, dp as many and more; h and h2 hidden channels. dp, h and h2 are multiples of
   LANES, what is beyond being 0. Of a Dice, `dice` (4, ·) holds alpha, 1 - alpha, mean and rate; `sums` (4, ·) are as
   the passes below leave them. What chunks add up to is joined in their order, so that it is the same on any number of
   threads; parts is room for that. */
#include "batch.h"
#include "blocks.h"
#include "exponential.h"
#include "multiply.h"

/* A block of a chunk's pairs: who meets whom. */
typedef struct {
    long g, t, c, t_of[BLOCK], c_of[BLOCK];
} Walk;

/* The first history of which no pair is in an earlier chunk. */
static long first_history(const long *pairs, long histories, long total, int chunk) {
    const long least = chunk * total / CHUNKS;
    long low = 0, high = histories;
    while (low < high) {
        const long middle = (low + high) / 2;
        if (pairs[middle] < least) low = middle + 1;
        else high = middle;
    }
    return low;
}

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

/* out (rows, width) = or += factors (rows, depth) @ x (depth, width). rows and width are multiples of ROWS and LANES. */
INLINE void multiply_block(const float *x, const float *factors, long along, long across, long depth, long rows,
                           long width, int add, float *out) {
    for (long r = 0; r < rows; r += ROWS) {
        const float *own = factors + r * across;
        long j = 0;
#define STRIP(vectors)                                                                                                 \
    {                                                                                                                  \
        lanes sums[ROWS][WIDE] = {0};                                                                                  \
        float *y = out + r * width + j;                                                                                \
        for (int i = 0; add && i < ROWS; i++)                                                                          \
            for (int v = 0; v < vectors; v++) sums[i][v] = *(lanes *)(y + i * width + v * LANES);                      \
        multiply(x + j, width, own, along, across, depth, vectors, sums);                                              \
        for (int i = 0; i < ROWS; i++)                                                                                 \
            for (int v = 0; v < vectors; v++) *(lanes *)(y + i * width + v * LANES) = sums[i][v];                      \
    }
        for (; j + WIDE * LANES <= width; j += WIDE * LANES) STRIP(WIDE)
        if (j + 2 * LANES <= width) {
            STRIP(2)
            j += 2 * LANES;
        }
        if (j < width) STRIP(1)
#undef STRIP
    }
}

/* x (BLOCK, dp): q of the candidate times k of the behavior; 0 beyond n rows and d numbers */
INLINE void pair_block(const Walk *w, int n, const float *q, const float *k, long d, long dp, float *x) {
    for (long i = 0; i < BLOCK; i++, x += dp) {
        for (long j = i < n ? d : 0; j < dp; j++) x[j] = 0;
        if (i < n)
            for (long j = 0; j < d; j++) x[j] = q[w->c_of[i] * d + j] * k[w->t_of[i] * d + j];
    }
}

#define CHUNK_OF_HISTORIES                                                                                             \
    const long end = chunk + 1 < CHUNKS ? first_history(pairs, histories, p, chunk + 1) : histories;                   \
    Walk w = {.g = first_history(pairs, histories, p, chunk)};                                                         \
    if (w.g < end) w.t = behaviors[w.g], w.c = candidates[w.g];                                                        \
    long pair = w.g < end ? pairs[w.g] : 0;                                                                            \
    for (int n; (n = walk_on(&w, behaviors, candidates, end)); pair += n)

/* s (p, h) = (q o k) @ product (d, h) + from_q + from_k */
void unit_first(const float *q, const float *k, const float *from_q, const float *from_k, const float *product, float *s,
                long p, long d, long dp, long h, BATCH) {
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        float x[BLOCK * dp], y[BLOCK * h];
        CHUNK_OF_HISTORIES {
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(product, x, 1, dp, d, BLOCK, h, 0, y);
            for (int i = 0; i < n; i++)
                for (long j = 0; j < h; j++)
                    s[(pair + i) * h + j] = y[i * h + j] + from_q[w.c_of[i] * h + j] + from_k[w.t_of[i] * h + j];
        }
    }
}

/* next (p, h2) = Dice(s) @ second (h, h2) + bias */
void unit_second(const float *s, const float *dice, const float *second, const float *bias, float *next, long p, long h,
                 long h2) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        float y[BLOCK * h], z[BLOCK * h2];
        for (long i = 0; i < BLOCK * h; i++) y[i] = 0;
        for (long start = first_row(p, chunk); start < end_row(p, chunk); start += BLOCK) {
            const long n = end_of_block(start, p, chunk) - start;
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h; j++) {
                    const float x = s[(start + i) * h + j];
                    y[i * h + j] = x * (alpha[j] + rest[j] * sigmoid((x - mean[j]) * rate[j]));
                }
            multiply_block(second, y, 1, h, h, BLOCK, h2, 0, z);
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h2; j++) next[(start + i) * h2 + j] = z[i * h2 + j] + bias[j];
        }
    }
}

/* weight (p) = Dice(s) . last + bias, s (p, h) */
void unit_last(const float *s, const float *dice, const float *last, float bias, float *weight, long p, long h) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < p; i++) {
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (long j = 0; j < h; j++) {
            const float x = s[i * h + j];
            along += last[j] * x * (alpha[j] + rest[j] * sigmoid((x - mean[j]) * rate[j]));
        }
        weight[i] = along + bias;
    }
}

/* sums (4, h) of the last Dice: of h, of h z, alpha's gradient and last's; see dice.c. parts (CHUNKS, 4h) */
void unit_last_sums(const float *s, const float *dice, const float *last, const float *grad, long p, long h,
                    double *parts, float *sums) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *part = parts + chunk * 4 * h;
        float own[4 * h];
        for (long j = 0; j < 4 * h; j++) part[j] = 0;
        for (long start = first_row(p, chunk); start < end_row(p, chunk); start += BLOCK) {
            for (long j = 0; j < 4 * h; j++) own[j] = 0;
            for (long i = start; i < end_of_block(start, p, chunk); i++)
                for (long j = 0; j < h; j++) {
                    const float x = s[i * h + j], z = (x - mean[j]) * rate[j], share = sigmoid(z);
                    const float moved = grad[i] * last[j] * x * (1.0f - share), slope = moved * rest[j] * share;
                    own[j] += slope;
                    own[h + j] += slope * z;
                    own[2 * h + j] += moved;
                    own[3 * h + j] += grad[i] * x * (alpha[j] + rest[j] * share);
                }
            for (long j = 0; j < 4 * h; j++) part[j] += own[j];
        }
    }
    join(parts, 4 * h, sums);
}

/* The gradient of a Dice's input, given that of its output, x the input; see dice_backward. */
INLINE float dice_slope(float grad, float x, float share, float alpha, float rest, float rate, float z, float each,
                        float sum_h, float sum_hz) {
    const float slope = rest * share, own = grad * x * slope * (1.0f - share);
    return grad * (alpha + slope) + rate * (own - each * (sum_h + z * sum_hz));
}

/* parts (CHUNKS, k) -> sums (k) */
static void join_floats(float *parts, long k, float *sums) {
#pragma omp parallel for schedule(static)
    for (long j = 0; j < k; j++) {
        double sum = 0;
        for (int chunk = 0; chunk < CHUNKS; chunk++) sum += parts[chunk * k + j];
        sums[j] = (float)sum;
    }
}

/* Back through the last layer and the second: grad (p) -> d_y (p, h), the gradient of Dice(s); sums (3, h) of that Dice;
   d_second (h + 1, h2), the bias last. again (p, h2) is what `unit_second` made, sums2 its Dice's, second (h2, h).
   parts (CHUNKS, 3h), float_parts (CHUNKS, (h + 1) h2) */
void unit_second_backward(const float *s, const float *dice, const float *again, const float *dice2, const float *last,
                          const float *grad, const float *sums2, const float *weight, const float *total,
                          const float *second, long p, long h, long h2, double *parts, float *float_parts, float *d_y,
                          float *sums, float *d_second) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
    const float *alpha2 = dice2, *rest2 = dice2 + h2, *mean2 = dice2 + 2 * h2, *rate2 = dice2 + 3 * h2;
    const float each = 1.0f / *total;
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *part = parts + chunk * 3 * h;
        float *d_w = float_parts + chunk * (h + 1) * h2, *d_bias = d_w + h * h2;
        float y[BLOCK * h], share[BLOCK * h], d_z[BLOCK * h2], d_x[BLOCK * h], own[3 * h];
        for (long j = 0; j < 3 * h; j++) part[j] = 0;
        for (long j = 0; j < (h + 1) * h2; j++) d_w[j] = 0;
        for (long start = first_row(p, chunk); start < end_row(p, chunk); start += BLOCK) {
            const long n = end_of_block(start, p, chunk) - start;
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h2; j++) {
                    const float x = again[(start + i) * h2 + j], z = (x - mean2[j]) * rate2[j];
                    d_z[i * h2 + j] = dice_slope(grad[start + i] * last[j], x, sigmoid(z), alpha2[j], rest2[j], rate2[j],
                                                 z, weight[start + i] * each, sums2[j], sums2[h2 + j]);
                    d_bias[j] += d_z[i * h2 + j];
                }
            for (long i = n * h2; i < BLOCK * h2; i++) d_z[i] = 0;
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h; j++) {
                    const float x = s[(start + i) * h + j], p1 = sigmoid((x - mean[j]) * rate[j]);
                    share[i * h + j] = p1;
                    y[i * h + j] = x * (alpha[j] + rest[j] * p1);
                }
            for (long i = n * h; i < BLOCK * h; i++) y[i] = 0;
            multiply_block(second, d_z, 1, h2, h2, BLOCK, h, 0, d_x);
            multiply_block(d_z, y, h, 1, BLOCK, h, h2, 1, d_w);
            for (long j = 0; j < 3 * h; j++) own[j] = 0;
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h; j++) {
                    const float x = s[(start + i) * h + j], p1 = share[i * h + j], g = d_x[i * h + j];
                    const float moved = g * x * (1.0f - p1), slope = moved * rest[j] * p1;
                    d_y[(start + i) * h + j] = g;
                    own[j] += slope;
                    own[h + j] += slope * ((x - mean[j]) * rate[j]);
                    own[2 * h + j] += moved;
                }
            for (long j = 0; j < 3 * h; j++) part[j] += own[j];
        }
    }
    join(parts, 3 * h, sums);
    join_floats(float_parts, (h + 1) * h2, d_second);
}

/* Back through the first layer: d_y (p, h) -> d_q (., d), d_k, of_q (., h), of_k, which are added to, and d_product
   (dp, h). product (h, dp); parts (CHUNKS, dp h) */
void unit_first_backward(const float *q, const float *k, const float *s, const float *dice, const float *d_y,
                         const float *sums, const float *weight, const float *total, const float *product, float *d_q,
                         float *d_k, float *of_q, float *of_k, float *parts, float *d_product, long p, long d, long dp,
                         long h, BATCH) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h, each = 1.0f / *total;
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        float *d_w = parts + chunk * dp * h, x[BLOCK * dp], d_x[BLOCK * dp], d_s[BLOCK * h];
        for (long j = 0; j < dp * h; j++) d_w[j] = 0;
        CHUNK_OF_HISTORIES {
            for (long i = 0; i < n; i++)
                for (long j = 0; j < h; j++) {
                    const float own = s[(pair + i) * h + j], z = (own - mean[j]) * rate[j];
                    d_s[i * h + j] = dice_slope(d_y[(pair + i) * h + j], own, sigmoid(z), alpha[j], rest[j], rate[j], z,
                                                weight[pair + i] * each, sums[j], sums[h + j]);
                }
            for (long i = n * h; i < BLOCK * h; i++) d_s[i] = 0;
            pair_block(&w, n, q, k, d, dp, x);
            multiply_block(d_s, x, dp, 1, BLOCK, dp, h, 1, d_w);
            multiply_block(product, d_s, 1, h, h, BLOCK, dp, 0, d_x);
            for (int i = 0; i < n; i++) {
                const long c = w.c_of[i], t = w.t_of[i];
                for (long j = 0; j < d; j++) d_q[c * d + j] += d_x[i * dp + j] * k[t * d + j];
                for (long j = 0; j < d; j++) d_k[t * d + j] += d_x[i * dp + j] * q[c * d + j];
                for (long j = 0; j < h; j++) of_q[c * h + j] += d_s[i * h + j];
                for (long j = 0; j < h; j++) of_k[t * h + j] += d_s[i * h + j];
            }
        }
    }
    join_floats(parts, dp * h, d_product);
}
