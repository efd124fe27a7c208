/* exp and the logistic function as vector instructions can compute them. */
#ifndef DIN_LENS_EXPONENTIAL
#define DIN_LENS_EXPONENTIAL
#include <stdint.h>
#include <string.h>

/* Relative error below 2e-7, and what rounding y costs: exp(y) = 2^u = 2^n 2^r with n whole and |r| <= 1/2, where 2^r is
   a polynomial of degree 5, least squares at Chebyshev's points. Adding 1.5 * 2^23 rounds to a whole number, which the
   sum then ends in. */
static inline float exponential(float y) {
    float u = y * 1.44269504f;
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
    memcpy(&bits, &y, sizeof bits);
    return (bits & 0x7fffffffu) > 0x7f800000u ? y : p; /* NaN stays NaN, also where all numbers are taken as finite */
}

static inline float sigmoid(float y) { return 1.0f / (1.0f + exponential(-y)); }
#endif
