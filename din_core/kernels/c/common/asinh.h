/* asinh as vector instructions can compute it. */
#ifndef DIN_LENS_ASINH
#define DIN_LENS_ASINH
#include <math.h>
#include <stdint.h>
#include <string.h>

/* log(1 + u) for u >= 0: Cephes' logf (Moshier) of the rounded sum, corrected by what rounding took from u. */
static inline float log1p_(float u) {
    const float w = 1.0f + u;
    uint32_t bits;
    memcpy(&bits, &w, sizeof bits);
    const uint32_t up = bits - 0x3f3504f3u; /* from sqrt(1/2) */
    const float e = (float)((int32_t)up >> 23);
    bits = (up & 0x007fffffu) + 0x3f3504f3u;
    float m;
    memcpy(&m, &bits, sizeof m);
    const float f = m - 1.0f, z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    const float log_w = f - 0.5f * z + f * z * p - 2.12194440e-4f * e + 0.693359375f * e;
    return log_w + (u - (w - 1.0f)) / w;
}

/* Of a large number it is log(2x), where 2x may be too large itself. Infinity and NaN stay what they are, which their bits
   say where all numbers are taken as finite. */
static inline float asinh_(float x) {
    const float a = fabsf(x), square = a * a;
    const float u = a < 1e9f ? a + square / (1.0f + sqrtf(1.0f + square)) : a;
    const float found = copysignf(log1p_(u) + (a < 1e9f ? 0.0f : 0.693147181f), x);
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7fffffffu) >= 0x7f800000u ? x : found;
}

static inline float asinh_slope(float x) { return 1.0f / sqrtf(1.0f + x * x); }
#endif
