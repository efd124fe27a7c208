/* The tower in training: standardised input, then the layers of layers.c. n impressions with w inputs each, wp the next
   multiple of WIDTH; h and hp hidden channels likewise. */
#include <math.h>

#include "../common/dice.h"
#include "layers.h"
#include "../common/linear.h"
#include "../common/moments.h"

/* logit (n) of x (n, w). first (h, w) and bias are the first layer's, own the others; an input whose variance is at most
   `constant` (1 + its mean squared) never varied and is left out. input (2, w) becomes the mean and variance of x. For the
   way back: z (n, wp), the standardised input; scale (w); wide_first (hp, wp); pass. 1 where there is no memory. */
int tower_forward(const float *x, const float *first, const float *bias, const Layers *own, const Pass *pass,
                  float epsilon, float input_epsilon, float constant, int64_t n, int64_t w, int64_t h, int64_t h2,
                  float *input, float *z, float *scale, float *wide_first, float *logit) {
    const int64_t wp = wide(w), hp = wide(h);
    const float *mean = input, *variance = input + w;
    float *across = room(wp * hp), bias_p[hp];
    double *parts = (double *)room(2 * CHUNKS * (1 + 4 * w));
    int failed = !across || !parts;
    if (!failed) {
        for (int64_t i = 0; i < n; i++) pass->weight[i] = 1;
        moments(x, pass->weight, n, w, parts, input, input + w, pass->total);
        for (int64_t j = 0; j < w; j++)
            scale[j] =
                variance[j] > constant * (1.0f + mean[j] * mean[j]) ? 1.0f / sqrtf(variance[j] + input_epsilon) : 0;
        standardise(x, mean, scale, z, n, w, wp);
        fill_up(first, h, w, hp, wp, wide_first);
        fill_up(bias, 1, h, 1, hp, bias_p);
        transpose(wide_first, hp, wp, across);
        linear(z, wp, across, bias_p, n, w, hp, pass->s);
        failed = layers_forward(own, pass, epsilon, n, h, h2, logit);
    }
    free(across), free(parts);
    return failed;
}

/* d_s (n, hp), the gradient of what the first layer made -> d_x (n, w), d_first (h, w) and d_bias (h). d_z (n, wp), d_w
   (hp, wp) and parts are room to work in. */
static void back_to_input(const float *d_s, const float *z, const float *scale, const float *wide_first, int64_t n,
                          int64_t w, int64_t h, float *d_z, float *d_w, double *parts, float *d_x, float *d_first,
                          float *d_bias) {
    const int64_t wp = wide(w), hp = wide(h);
    float sums[hp], standard_sums[2 * w];
    linear(d_s, hp, wide_first, NULL, n, h, wp, d_z);
    standardise_backward(z, d_z, scale, n, w, wp, parts, standard_sums, d_x);
    linear_weights(d_s, hp, z, n, h, wp, d_w);
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < w; j++) d_first[i * w + j] = d_w[i * wp + j];
    column_sums(d_s, n, hp, parts, sums);
    for (int64_t j = 0; j < h; j++) d_bias[j] = sums[j];
}

/* grad (n), that of logit -> d_x (n, w), d_first (h, w), d_bias (h) and the other layers' gradient; 1 where there is no
   memory. */
int tower_backward(const Pass *pass, const float *z, const float *scale, const float *wide_first, const float *grad,
                   int64_t n, int64_t w, int64_t h, int64_t h2, float *d_x, float *d_first, float *d_bias,
                   const LayersGradient *to) {
    const int64_t wp = wide(w), hp = wide(h);
    float *d_own = room(n * hp), *d_s = room(n * hp), *d_z = room(n * wp), *d_w = room(hp * wp), sums[3 * hp];
    double *parts = (double *)room(2 * CHUNKS * 2 * (w > hp ? w : hp));
    int failed = !d_own || !d_s || !d_z || !d_w || !parts || layers_backward(pass, grad, n, h, h2, to, d_own, sums);
    if (!failed) {
        const float each = 1.0f / *pass->total;
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < n; i++)
            statistics_block(pass->s + i * hp, d_own + i * hp, pass->dice, sums, pass->weight + i, each, 1, hp,
                             d_s + i * hp);
        back_to_input(d_s, z, scale, wide_first, n, w, h, d_z, d_w, parts, d_x, d_first, d_bias);
    }
    free(d_own), free(d_s), free(d_z), free(d_w), free(parts);
    return failed;
}
