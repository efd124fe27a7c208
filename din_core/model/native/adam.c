#include "blocks.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Adam (Kingma & Ba, arXiv:1412.6980) with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101). */
typedef struct {
    float keep_mean, keep_square, keep_value, rate, square_scale, epsilon;
} Move;

/* A moment of a row that no batch reads gets smaller step by step; with no exponent left a processor takes ten times as
   long for it, and there it becomes 0. */
static inline float normal(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7f800000u ? x : 0.0f;
}

static void move(float *restrict value, const float *restrict grad, float *restrict mean, float *restrict square, long n,
                 const Move by) {
    for (long i = 0; i < n; i++) {
        const float g = grad[i];
        const float m = normal(by.keep_mean * mean[i] + (1.0f - by.keep_mean) * g);
        const float s = normal(by.keep_square * square[i] + (1.0f - by.keep_square) * g * g);
        mean[i] = m;
        square[i] = s;
        value[i] = by.keep_value * value[i] - by.rate * m / (sqrtf(s) * by.square_scale + by.epsilon);
    }
}

/* One step of `count` tensors of these lengths: all their numbers lie in one row, of which each chunk is a part. */
void adam(const float *const *grads, float *const *values, float *const *means, float *const *squares,
          float *const *steps, const long *lengths, long count, float learning_rate, float keep_mean, float keep_square,
          float epsilon, float decay) {
    Move by[count];
    long total = 0;
    for (long i = 0; i < count; i++) {
        const double step = *steps[i] += 1.0f;
        const float rate = (float)(learning_rate / (1.0 - pow(keep_mean, step)));
        const float scale = (float)(1.0 / sqrt(1.0 - pow(keep_square, step)));
        by[i] = (Move){keep_mean, keep_square, 1.0f - learning_rate * decay, rate, scale, epsilon};
        total += lengths[i];
    }
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        long first = total * chunk / CHUNKS, left = total * (chunk + 1) / CHUNKS - first;
        for (long i = 0; i < count && left; first -= lengths[i++]) {
            if (first >= lengths[i]) continue;
            const long n = left < lengths[i] - first ? left : lengths[i] - first;
            move(values[i] + first, grads[i] + first, means[i] + first, squares[i] + first, n, by[i]);
            left -= n;
            first += n;
        }
    }
}
