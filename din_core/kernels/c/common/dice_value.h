/* Dice of one number. */
#ifndef DIN_LENS_DICE_VALUE
#define DIN_LENS_DICE_VALUE
#include "exponential.h"

/* rest is 1 - alpha; mean and rate, 1 / sqrt(variance + epsilon), are the statistics'. */
static inline float dice_value(float x, float alpha, float rest, float mean, float rate) {
    return x * (alpha + rest * sigmoid((x - mean) * rate));
}
#endif
