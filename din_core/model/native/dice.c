/* Training's passes of Dice over a batch: s (n, k), a row a pair. */
#include "blocks.h"
#include "dice.h"

/* y = s (alpha + (1 - alpha) p) with p = sigmoid((s - mean) rate) */
void dice_forward(const float *restrict s, const float *restrict alpha, const float *restrict mean,
                  const float *restrict rate, float *restrict y, long n, long k) {
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        for (long j = 0; j < k; j++) {
            const float x = s[i * k + j], p = sigmoid((x - mean[j]) * rate[j]);
            y[i * k + j] = x * (alpha[j] + (1.0f - alpha[j]) * p);
        }
}

/* With z = (s - mean) rate, p = sigmoid(z) and h = grad s (1 - alpha) p (1 - p): sums (3, k) of h, h z and
   grad s (1 - p), the last of which is alpha's gradient. parts (CHUNKS, 3k) is room to work in. */
static void dice_sums(const float *restrict s, const float *restrict grad, const float *restrict alpha,
                      const float *restrict mean, const float *restrict rate, long n, long k, double *restrict parts,
                      float *restrict sums) {
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *restrict part = parts + chunk * 3 * k;
        float sum_h[k], sum_hz[k], sum_a[k];
        for (long j = 0; j < 3 * k; j++) part[j] = 0;
        for (long start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            for (long j = 0; j < k; j++) sum_h[j] = sum_hz[j] = sum_a[j] = 0;
            for (long i = start; i < end_of_block(start, n, chunk); i++)
                for (long j = 0; j < k; j++) {
                    const float x = s[i * k + j], z = (x - mean[j]) * rate[j], p = sigmoid(z);
                    const float moved = grad[i * k + j] * x * (1.0f - p), h = moved * (1.0f - alpha[j]) * p;
                    sum_h[j] += h;
                    sum_hz[j] += h * z;
                    sum_a[j] += moved;
                }
            for (long j = 0; j < k; j++) {
                part[j] += sum_h[j];
                part[k + j] += sum_hz[j];
                part[2 * k + j] += sum_a[j];
            }
        }
    }
    join(parts, 3 * k, sums);
}

/* The gradient of s: grad (alpha + (1 - alpha) p) + rate (h - weight/total (sum of h + z sum of h z)); sums (3, k) as
   dice_sums leaves them. */
void dice_backward(const float *restrict s, const float *restrict grad, const float *restrict alpha,
                   const float *restrict mean, const float *restrict rate, const float *restrict weight,
                   const float *restrict total, long n, long k, double *restrict parts, float *restrict sums,
                   float *restrict d_s) {
    dice_sums(s, grad, alpha, mean, rate, n, k, parts, sums);
    const float *restrict sum_h = sums, *restrict sum_hz = sums + k, each = 1.0f / *total;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        for (long j = 0; j < k; j++) {
            const float x = s[i * k + j], z = (x - mean[j]) * rate[j];
            d_s[i * k + j] = dice_slope(grad[i * k + j], x, sigmoid(z), alpha[j], 1.0f - alpha[j], rate[j], z,
                                        weight[i] * each, sum_h[j], sum_hz[j]);
        }
}
