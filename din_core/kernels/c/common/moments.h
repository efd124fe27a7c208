/* See moments.c. */
#ifndef DIN_LENS_MOMENTS
#define DIN_LENS_MOMENTS
#include <stdint.h>

void moments(const float *restrict s, const float *restrict weight, int64_t n, int64_t k, double *restrict parts,
             float *restrict mean, float *restrict variance, float *restrict total);
void standardise(const float *restrict s, const float *restrict mean, const float *restrict rate, float *restrict z,
                 int64_t n, int64_t k, int64_t wide);
void standardise_backward(const float *restrict z, const float *restrict grad, const float *restrict rate, int64_t n,
                          int64_t k, int64_t wide, double *restrict parts, float *restrict sums, float *restrict d_s);
#endif
