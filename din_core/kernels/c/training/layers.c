/* See layers.h. Blocks of rows stay in a core's first-level cache. What chunks add up to is joined in their order, so that
   it is the same on any number of threads; parts is room for that. */
#include "layers.h"

#include <math.h>

#include "../common/dice.h"
#include "../common/linear.h"
#include "../common/moments.h"

/* Dropout of a block that begins at number `from`. */
static inline void drop(float *restrict y, const float *restrict keep, int64_t from, int64_t numbers) {
    if (keep)
        for (int64_t i = 0; i < numbers; i++) y[i] *= keep[from + i];
}

/* next (n, h2) = Dice(s) @ second (h, h2) + bias; own_h of the h channels are not 0. */
static void to_second(const float *s, const float *keep, const float *dice, const float *second, const float *bias,
                      float *next, int64_t n, int64_t h, int64_t h2, int64_t own_h) {
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        ALIGNED float y[BLOCK * h], z[BLOCK * h2];
        for (int64_t i = 0; i < BLOCK * h; i++) y[i] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            const int64_t rows = end_of_block(start, n, chunk) - start;
            dice_block(s + start * h, dice, rows, h, NULL, y);
            drop(y, keep, start * h, rows * h);
            multiply_block(second, y, 1, h, own_h, BLOCK, h2, 0, z);
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < h2; j++) next[(start + i) * h2 + j] = z[i * h2 + j] + bias[j];
        }
    }
}

/* out (n) = Dice(next) . last + bias */
static void to_last(const float *next, const float *keep2, const float *dice, const float *last, const float *bias,
                    float *out, int64_t n, int64_t h2) {
#pragma omp parallel for schedule(static)
    for (int64_t start = 0; start < n; start += BLOCK) {
        const int64_t rows = start + BLOCK < n ? BLOCK : n - start;
        ALIGNED float y[BLOCK * h2];
        dice_block(next + start * h2, dice, rows, h2, NULL, y);
        drop(y, keep2, start * h2, rows * h2);
        for (int64_t i = 0; i < rows; i++) {
            float along[WIDTH] = {0}, sum = *bias;
            for (int64_t j = 0; j < h2; j += WIDTH) OF_VECTOR along[l] += last[j + l] * y[i * h2 + j + l];
#pragma omp simd reduction(+ : sum)
            OF_VECTOR sum += along[l];
            out[start + i] = sum;
        }
    }
}

/* part (4, h2) += what the block's rows add to the sums of the second Dice, see own_block, and to last's gradient; back
   (rows, h2) is the gradient of its outcome but for the factor last. */
INLINE void last_sums_block(const float *restrict next, const float *restrict back, const float *restrict dice,
                            const float *restrict last, int64_t rows, int64_t h, double *restrict part) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
    for (int64_t j = 0; j < h; j += WIDTH) {
        float of_h[WIDTH] = {0}, of_hz[WIDTH] = {0}, of_alpha[WIDTH] = {0}, of_last[WIDTH] = {0};
        for (int64_t i = 0, at = j; i < rows; i++, at += h) OF_VECTOR {
            const float x = next[at + l], z = (x - mean[j + l]) * rate[j + l], p = sigmoid(z), grad = back[at + l] * x;
            const float moved = grad * last[j + l] * (1.0f - p), slope = moved * rest[j + l] * p;
            of_h[l] += slope;
            of_hz[l] += slope * z;
            of_alpha[l] += moved;
            of_last[l] += grad * (alpha[j + l] + rest[j + l] * p);
        }
        OF_VECTOR part[j + l] += of_h[l];
        OF_VECTOR part[h + j + l] += of_hz[l];
        OF_VECTOR part[2 * h + j + l] += of_alpha[l];
        OF_VECTOR part[3 * h + j + l] += of_last[l];
    }
}

/* sums (4, h2) of the second Dice: of h, of h z, alpha's gradient and last's, see dice.h. parts (CHUNKS, 4 h2) */
static void last_sums(const float *next, const float *keep2, const float *dice, const float *last, const float *grad,
                      int64_t n, int64_t h2, double *parts, float *sums) {
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *part = parts + chunk * 4 * h2;
        ALIGNED float back[BLOCK * h2];
        for (int64_t j = 0; j < 4 * h2; j++) part[j] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            const int64_t rows = end_of_block(start, n, chunk) - start;
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < h2; j++) back[i * h2 + j] = grad[start + i];
            drop(back, keep2, start * h2, rows * h2);
            last_sums_block(next + start * h2, back, dice, last, rows, h2, part);
        }
    }
    join(parts, 4 * h2, sums);
}

/* Back through the last layer and the second: grad (n) -> d_own (n, h), see own_block; sums (3, h) of the first Dice;
   d_second (h2, h) and behind it that of the bias (h2). sums2 are the second Dice's; own_h2 of the h2 channels are not 0.
   parts (CHUNKS, 3h), float_parts (CHUNKS, h2 (h + 1)) */
static void back_to_second(const Pass *pass, const float *grad, const float *sums2, int64_t n, int64_t h, int64_t h2, int64_t own_h2,
                           double *parts, float *float_parts, float *d_own, float *sums, float *d_second) {
    const float each = 1.0f / *pass->total;
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *part = parts + chunk * 3 * h;
        float *d_w = float_parts + chunk * h2 * (h + 1), *d_bias = d_w + h2 * h;
        ALIGNED float y[BLOCK * h], share[BLOCK * h], back[BLOCK * h2], d_z[BLOCK * h2], d_x[BLOCK * h];
        for (int64_t j = 0; j < 3 * h; j++) part[j] = 0;
        for (int64_t j = 0; j < h2 * (h + 1); j++) d_w[j] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            const int64_t rows = end_of_block(start, n, chunk) - start;
            const float *s = pass->s + start * h, *next = pass->next + start * h2;
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < h2; j++) back[i * h2 + j] = grad[start + i] * pass->last[j];
            drop(back, pass->keep2, start * h2, rows * h2);
            slope_block(next, back, pass->dice2, sums2, pass->weight + start, each, rows, h2, d_z);
            dice_block(s, pass->dice, rows, h, share, y);
            drop(y, pass->keep, start * h, rows * h);
            for (int64_t i = rows * h; i < BLOCK * h; i++) y[i] = 0;
            for (int64_t i = rows * h2; i < BLOCK * h2; i++) d_z[i] = 0;
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < h2; j++) d_bias[j] += d_z[i * h2 + j];
            multiply_block(pass->second, d_z, 1, h2, own_h2, BLOCK, h, 0, d_x);
            multiply_block(y, d_z, h2, 1, BLOCK, (own_h2 + ROWS - 1) / ROWS * ROWS, h, 1, d_w);
            drop(d_x, pass->keep, start * h, rows * h);
            own_block(s, share, d_x, pass->dice, rows, h, d_own + start * h, part);
        }
    }
    join(parts, 3 * h, sums);
    join_floats(float_parts, h2 * (h + 1), d_second);
}

/* rows (4, wide) of a Dice: alpha (h), 1 - alpha, mean (wide) and 1 / sqrt(variance + epsilon) */
static void dice_rows(const float *alpha, const float *mean, const float *variance, float epsilon, int64_t h, int64_t wide,
                      float *rows) {
    for (int64_t j = 0; j < wide; j++) {
        rows[j] = j < h ? alpha[j] : 0;
        rows[wide + j] = 1.0f - rows[j];
        rows[2 * wide + j] = mean[j];
        rows[3 * wide + j] = 1.0f / sqrtf(variance[j] + epsilon);
    }
}

/* The batch's moments (2, hp) of s (n, hp), and the rows of a Dice that reads it; parts (CHUNKS, 1 + 4 hp) */
static void statistics(const float *s, const float *weight, const float *alpha, float epsilon, int64_t n, int64_t h,
                       int64_t hp, double *parts, float *of_batch, float *total, float *rows) {
    moments(s, weight, n, hp, parts, of_batch, of_batch + hp, total);
    dice_rows(alpha, of_batch, of_batch + hp, epsilon, h, hp, rows);
}

int layers_forward(const Layers *own, const Pass *pass, float epsilon, int64_t n, int64_t h, int64_t h2, float *out) {
    const int64_t hp = wide(h), h2p = wide(h2);
    float *across = room(hp * h2p), bias[h2p];
    double *parts = (double *)room(2 * CHUNKS * (1 + 4 * (hp > h2p ? hp : h2p)));
    const int failed = !across || !parts;
    if (!failed) {
        fill_up(own->second, h2, h, h2p, hp, pass->second);
        transpose(pass->second, h2p, hp, across);
        fill_up(own->second_bias, 1, h2, 1, h2p, bias);
        fill_up(own->last, 1, h2, 1, h2p, pass->last);
        statistics(pass->s, pass->weight, own->alpha, epsilon, n, h, hp, parts, pass->moments, pass->total, pass->dice);
        to_second(pass->s, pass->keep, pass->dice, across, bias, pass->next, n, hp, h2p, h);
        statistics(pass->next, pass->weight, own->alpha2, epsilon, n, h2, h2p, parts, pass->moments2, pass->total,
                   pass->dice2);
        to_last(pass->next, pass->keep2, pass->dice2, pass->last, own->last_bias, out, n, h2p);
    }
    free(across), free(parts);
    return failed;
}

/* d_second (h2p, hp + 1) and the second Dice's sums, as back_to_second and last_sums leave them, without what fills up. */
static void narrow(const float *d_second, const float *sums, const float *sums2, int64_t h, int64_t h2,
                   const LayersGradient *to) {
    const int64_t hp = wide(h), h2p = wide(h2);
    for (int64_t j = 0; j < h; j++) to->alpha[j] = sums[2 * hp + j];
    for (int64_t i = 0; i < h2; i++) {
        for (int64_t j = 0; j < h; j++) to->second[i * h + j] = d_second[i * hp + j];
        to->second_bias[i] = d_second[h2p * hp + i];
        to->alpha2[i] = sums2[2 * h2p + i];
        to->last[i] = sums2[3 * h2p + i];
    }
}

int layers_backward(const Pass *pass, const float *grad, int64_t n, int64_t h, int64_t h2, const LayersGradient *to,
                    float *d_own, float *sums) {
    const int64_t hp = wide(h), h2p = wide(h2), numbers = h2p * (hp + 1);
    float sums2[4 * h2p], *d_second = room(numbers), *float_parts = room(CHUNKS * numbers);
    double *parts = (double *)room(2 * CHUNKS * 4 * (hp > h2p ? hp : h2p)), of_bias = 0;
    const int failed = !d_second || !float_parts || !parts;
    if (!failed) {
        last_sums(pass->next, pass->keep2, pass->dice2, pass->last, grad, n, h2p, parts, sums2);
        back_to_second(pass, grad, sums2, n, hp, h2p, h2, parts, float_parts, d_own, sums, d_second);
        narrow(d_second, sums, sums2, h, h2, to);
        for (int64_t i = 0; i < n; i++) of_bias += grad[i];
        *to->last_bias = (float)of_bias;
    }
    free(d_second), free(float_parts), free(parts);
    return failed;
}
