/* The tower in training: standardised input, then the layers of layers.c. n impressions with w inputs each, wp the next
   multiple of WIDTH; h and hp hidden channels likewise. */
#include <math.h>

#include "dice.h"
#include "layers.h"
#include "linear.h"
#include "moments.h"

/* logit (n) of x (n, w). first (h, w) and bias are the first layer's, own the others, input the running values of x; an
   input whose variance is at most `still` (1 + its mean squared) never varied and is left out. For the way back: z
   (n, wp), the standardised input; scale (w); wide_first (hp, wp); pass. */
void tower_forward(const float *x, const float *first, const float *bias, const Running *input, const Layers *own,
                   Pass *pass, float *z, float *scale, float *wide_first, float momentum, float epsilon,
                   float input_epsilon, float still, long n, long w, long h, long h2, float *logit) {
    const long wp = wide(w), hp = wide(h);
    float *across = room(wp * hp), mean[w], variance[w], bias_p[hp];
    double *parts = (double *)room(2 * CHUNKS * (1 + 4 * w));
    for (long i = 0; i < n; i++) pass->weight[i] = 1;
    moments(x, pass->weight, n, w, parts, mean, variance, pass->total);
    moments_move(mean, variance, momentum, w, input->batches, input->mean, input->variance);
    for (long j = 0; j < w; j++)
        scale[j] = variance[j] > still * (1.0f + mean[j] * mean[j]) ? 1.0f / sqrtf(variance[j] + input_epsilon) : 0;
    standardise(x, mean, scale, z, n, w, wp);
    fill_up(first, h, w, hp, wp, wide_first);
    fill_up(bias, 1, h, 1, hp, bias_p);
    transpose(wide_first, hp, wp, across);
    linear(z, wp, across, bias_p, n, w, hp, pass->s);
    layers_forward(own, pass, momentum, epsilon, n, h, h2, logit);
    free(across), free(parts);
}

/* grad (n), that of logit -> d_x (n, w), d_first (h, w), d_bias (h) and the other layers' gradient. */
void tower_backward(const Pass *pass, const float *z, const float *scale, const float *wide_first, const float *grad,
                    long n, long w, long h, long h2, float *d_x, float *d_first, float *d_bias,
                    const LayersGradient *to) {
    const long wp = wide(w), hp = wide(h);
    float *d_own = room(n * hp), *d_s = room(n * hp), *d_z = room(n * wp), *d_w = room(hp * wp);
    float sums[3 * hp], standard_sums[2 * w];
    double *parts = (double *)room(2 * CHUNKS * 2 * w);
    layers_backward(pass, grad, n, h, h2, to, d_own, sums);
    const float each = 1.0f / *pass->total;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        statistics_block(pass->s + i * hp, d_own + i * hp, pass->dice, sums, pass->weight + i, each, 1, hp, d_s + i * hp);
    linear(d_s, hp, wide_first, NULL, n, h, wp, d_z);
    standardise_backward(z, d_z, scale, n, w, wp, parts, standard_sums, d_x);
    linear_weights(d_s, hp, z, n, h, wp, d_w);
    for (long i = 0; i < h; i++)
        for (long j = 0; j < w; j++) d_first[i * w + j] = d_w[i * wp + j];
    column_sums(d_s, n, hp, sums);
    for (long j = 0; j < h; j++) d_bias[j] = sums[j];
    free(d_own), free(d_s), free(d_z), free(d_w), free(parts);
}
