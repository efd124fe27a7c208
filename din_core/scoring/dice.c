/* Dice between two matrix products in one pass over memory; PyTorch needs seven, and as many for asinh.

   p pairs, h channels. `channel` is (5, h): shift, scale, offset, alpha and 1 - alpha of
   f(x) = x (alpha + (1 - alpha) sigmoid(scale x + offset)) with x = y + shift. */
#include "../model/native/asinh.h"
#include "../model/native/exponential.h"

/* y (n) <- asinh(knee y) */
void bend(float *restrict y, float knee, long n) {
    for (long i = 0; i < n; i++) y[i] = asinh_(knee * y[i]);
}

/* y (p, h) <- f(y) */
void dice(float *restrict y, const float *restrict channel, long p, long h) {
    const float *restrict shift = channel, *restrict scale = channel + h, *restrict offset = channel + 2 * h;
    const float *restrict alpha = channel + 3 * h, *restrict rest = channel + 4 * h;
    for (long i = 0; i < p; i++, y += h)
        for (long j = 0; j < h; j++) {
            const float x = y[j] + shift[j];
            y[j] = x * (alpha[j] + rest[j] * sigmoid(scale[j] * x + offset[j]));
        }
}

/* y (h, p), a channel a row; out (p) <- bias + sum over channels of weight f(y) */
void dice_dot(const float *restrict y, const float *restrict channel, const float *restrict weight, float bias,
              float *restrict out, long p, long h) {
    for (long i = 0; i < p; i++) out[i] = bias;
    for (long j = 0; j < h; j++, y += p) {
        const float shift = channel[j], scale = channel[h + j], offset = channel[2 * h + j];
        const float alpha = weight[j] * channel[3 * h + j], rest = weight[j] * channel[4 * h + j];
        for (long i = 0; i < p; i++) {
            const float x = y[i] + shift;
            out[i] += x * (alpha + rest * sigmoid(scale * x + offset));
        }
    }
}
