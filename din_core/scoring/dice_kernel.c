/* Dice between two matrix products in one pass over memory; PyTorch needs seven.

   p pairs, h channels. `channel` is (5, h): shift, scale, offset, alpha and 1 - alpha of
   f(x) = x (alpha + (1 - alpha) sigmoid(scale x + offset)) with x = y + shift. */
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Within 2 units in the last place: exp(-y) = 2^n exp(r), |r| <= log(2) / 2, by Cephes' polynomial. */
static inline float sigmoid(float y) {
    y = y < -80.0f ? -80.0f : (y > 80.0f ? 80.0f : y);
    float n = rintf(y * -1.44269504f);
    float r = (-y - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)n + 127) * (1 << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return 1.0f / (1.0f + p * power);
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
