/* Dice with running statistics, and asinh, in one pass over memory; PyTorch needs seven for each.
   Exported functions return 0.

   p pairs, h channels. `channel` is (5, h): shift, scale, offset, alpha and 1 - alpha of
   f(x) = x (alpha + (1 - alpha) sigmoid(scale x + offset)) with x = y + shift. */
#include "asinh.h"
#include "exponential.h"

/* y (n) <- asinh(scale y) */
int scoring_asinh(float *restrict y, float scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = asinh_(scale * y[i]);
    return 0;
}

/* y (p, h) <- f(y) */
int scoring_dice(float *restrict y, const float *restrict channel, int64_t p, int64_t h) {
    const float *restrict shift = channel, *restrict scale = channel + h, *restrict offset = channel + 2 * h;
    const float *restrict alpha = channel + 3 * h, *restrict rest = channel + 4 * h;
    for (int64_t i = 0; i < p; i++, y += h)
        for (int64_t j = 0; j < h; j++) {
            const float x = y[j] + shift[j];
            y[j] = x * (alpha[j] + rest[j] * sigmoid(scale[j] * x + offset[j]));
        }
    return 0;
}

/* y (h, p), a channel a row; out (p) <- bias + sum over channels of weight f(y) */
int scoring_dice_dot(const float *restrict y, const float *restrict channel, const float *restrict weight, float bias,
              float *restrict out, int64_t p, int64_t h) {
    for (int64_t i = 0; i < p; i++) out[i] = bias;
    for (int64_t j = 0; j < h; j++, y += p) {
        const float shift = channel[j], scale = channel[h + j], offset = channel[2 * h + j];
        const float alpha = weight[j] * channel[3 * h + j], rest = weight[j] * channel[4 * h + j];
        for (int64_t i = 0; i < p; i++) {
            const float x = y[i] + shift;
            out[i] += x * (alpha + rest * sigmoid(scale * x + offset));
        }
    }
    return 0;
}
