/* Dice, and its way back, of a block of rows that lies in first-level cache. Widths h are multiples of WIDTH; `dice` (4, h)
   holds alpha, 1 - alpha, mean and rate.

   Dice(s) = s (alpha + (1 - alpha) p) with z = (s - mean) rate and p = sigmoid(z). On the way back the mean and the rate
   are the batch's own: with h = grad s (1 - alpha) p (1 - p), they need the sums of h and of h z over the batch. The sum
   of grad s (1 - p) is alpha's gradient. */
#ifndef DIN_LENS_DICE
#define DIN_LENS_DICE
#include "exponential.h"
#include "product.h"

/* Vector by vector of the columns, row by row. */
#define COLUMNS_OF_BLOCK                                                                                               \
    for (int64_t j = 0; j < h; j += WIDTH)                                                                                \
        for (int64_t i = 0, at = j; i < rows; i++, at += h)
#define OF_VECTOR for (int l = 0; l < WIDTH; l++)

/* The gradient of a Dice's input x where the statistics are the batch's own: grad is that of its outcome, share p(x),
   rest 1 - alpha, each the row's part in the statistics, sum_h and sum_hz those over the batch. */
static inline float dice_slope(float grad, float x, float share, float alpha, float rest, float rate, float z,
                               float each, float sum_h, float sum_hz) {
    const float slope = rest * share, own = grad * x * slope * (1.0f - share);
    return grad * (alpha + slope) + rate * (own - each * (sum_h + z * sum_hz));
}

/* y (rows, h) = Dice(s); share, p(s), unless it is NULL. */
INLINE void dice_block(const float *restrict s, const float *restrict dice, int64_t rows, int64_t h, float *restrict share,
                       float *restrict y) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
    COLUMNS_OF_BLOCK OF_VECTOR {
        const float x = s[at + l], p = sigmoid((x - mean[j + l]) * rate[j + l]);
        if (share) share[at + l] = p;
        y[at + l] = x * (alpha[j + l] + rest[j + l] * p);
    }
}

/* d_s (rows, h), the gradient of s, of that of Dice(s). sums (2, h) of h and of h z over the batch; row i counts weight
   each times in the statistics. */
INLINE void slope_block(const float *restrict s, const float *restrict grad, const float *restrict dice,
                        const float *restrict sums, const float *restrict weight, float each, int64_t rows, int64_t h,
                        float *restrict d_s) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
    COLUMNS_OF_BLOCK OF_VECTOR {
        const float x = s[at + l], z = (x - mean[j + l]) * rate[j + l];
        d_s[at + l] = dice_slope(grad[at + l], x, sigmoid(z), alpha[j + l], rest[j + l], rate[j + l], z,
                                 weight[i] * each, sums[j + l], sums[h + j + l]);
    }
}

/* Of the gradient of s its own part, d_s (rows, h), given grad, that of Dice(s): what it would be if the statistics did
   not depend on s. part (3, h) += what the rows add to the sums of h, of h z and to alpha's gradient. */
INLINE void own_block(const float *restrict s, const float *restrict share, const float *restrict grad,
                      const float *restrict dice, int64_t rows, int64_t h, float *restrict d_s, double *restrict part) {
    const float *alpha = dice, *rest = dice + h, *mean = dice + 2 * h, *rate = dice + 3 * h;
    for (int64_t j = 0; j < h; j += WIDTH) {
        float of_h[WIDTH] = {0}, of_hz[WIDTH] = {0}, of_alpha[WIDTH] = {0};
        for (int64_t i = 0, at = j; i < rows; i++, at += h) OF_VECTOR {
            const float x = s[at + l], p = share[at + l], g = grad[at + l];
            const float moved = g * x * (1.0f - p), slope = moved * rest[j + l] * p;
            d_s[at + l] = g * (alpha[j + l] + rest[j + l] * p) + rate[j + l] * slope;
            of_h[l] += slope;
            of_hz[l] += slope * ((x - mean[j + l]) * rate[j + l]);
            of_alpha[l] += moved;
        }
        OF_VECTOR part[j + l] += of_h[l];
        OF_VECTOR part[h + j + l] += of_hz[l];
        OF_VECTOR part[2 * h + j + l] += of_alpha[l];
    }
}

/* d_s (rows, h) = own, as own_block leaves it, less what goes through the statistics. sums as for slope_block. */
INLINE void statistics_block(const float *restrict s, const float *restrict own, const float *restrict dice,
                             const float *restrict sums, const float *restrict weight, float each, int64_t rows, int64_t h,
                             float *restrict d_s) {
    const float *mean = dice + 2 * h, *rate = dice + 3 * h;
    COLUMNS_OF_BLOCK OF_VECTOR {
        const float z = (s[at + l] - mean[j + l]) * rate[j + l];
        d_s[at + l] = own[at + l] - weight[i] * each * rate[j + l] * (sums[j + l] + z * sums[h + j + l]);
    }
}
#endif
