/* See moments.c. */
#ifndef DIN_LENS_MOMENTS
#define DIN_LENS_MOMENTS
void moments(const float *restrict s, const float *restrict weight, long n, long k, double *restrict parts,
             float *restrict mean, float *restrict variance, float *restrict total);
void moments_move(const float *restrict mean, const float *restrict variance, float momentum, long k,
                  float *restrict batches, float *restrict running_mean, float *restrict running_variance);
void standardise(const float *restrict s, const float *restrict mean, const float *restrict rate, float *restrict z,
                 long n, long k, long wide);
void standardise_backward(const float *restrict z, const float *restrict grad, const float *restrict rate, long n,
                          long k, long wide, double *restrict parts, float *restrict sums, float *restrict d_s);
#endif
