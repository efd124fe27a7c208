/* Dice between two matrix products in one pass over memory; PyTorch needs seven.

   p pairs, h channels. `channel` is (5, h): shift, scale, offset, alpha and 1 - alpha of
   f(x) = x (alpha + (1 - alpha) sigmoid(scale x + offset)) with x = y + shift. */
#include <stdint.h>
#include <string.h>

/* Relative error below 2e-7: exp(-y) = 2^u = 2^n 2^r with n whole and |r| <= 1/2, where 2^r is a polynomial of degree 5,
   least squares at Chebyshev's points. Adding 1.5 * 2^23 rounds to a whole number, which the sum then ends in. */
static inline float sigmoid(float y) {
    float u = y * -1.44269504f;
    u = u < -126.0f ? -126.0f : (u > 126.0f ? 126.0f : u);
    const float rounded = u + 12582912.0f;
    const float r = u - (rounded - 12582912.0f);
    float p = 1.326697039e-3f;
    p = p * r + 9.675459746e-3f;
    p = p * r + 5.550742616e-2f;
    p = p * r + 2.402212175e-1f;
    p = p * r + 6.931469492e-1f;
    p = p * r + 1.000000071f;
    uint32_t n, bits;
    memcpy(&n, &rounded, sizeof n);
    memcpy(&bits, &p, sizeof bits);
    bits += n << 23;
    memcpy(&p, &bits, sizeof p);
    return 1.0f / (1.0f + p);
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
