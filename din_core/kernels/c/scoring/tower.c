/* What the tower computes beside its matrix products, in one pass over memory; PyTorch needs seven for each.
   Exported functions return 0. */
#include "../common/asinh.h"
#include "../common/dice_value.h"

/* y (n) <- asinh(scale y) */
int scoring_asinh(float *restrict y, float scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = asinh_(scale * y[i]);
    return 0;
}

/* y (n, h) <- Dice(y); numbers (4, h): alpha, 1 - alpha, mean and rate */
int scoring_dice(float *restrict y, const float *restrict numbers, int64_t n, int64_t h) {
    const float *alpha = numbers, *rest = numbers + h, *mean = numbers + 2 * h, *rate = numbers + 3 * h;
    for (int64_t i = 0; i < n; i++, y += h)
        for (int64_t j = 0; j < h; j++) y[j] = dice_value(y[j], alpha[j], rest[j], mean[j], rate[j]);
    return 0;
}
