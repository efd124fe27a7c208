/* Two Dice layers and a linear one: what follows the first layer of the activation unit, whose rows are pairs, and of the
   tower, whose rows are impressions. n rows; h and h2 hidden channels, hp and h2p the next multiple of WIDTH. */
#ifndef DIN_LENS_LAYERS
#define DIN_LENS_LAYERS
#include <stdint.h>

/* alpha (h), second (h2, h), second_bias (h2), alpha2 (h2), last (h2), last_bias (1) */
typedef struct {
    const float *alpha, *second, *second_bias, *alpha2, *last, *last_bias;
} Layers;

/* What the way forwards leaves for the way back: s (n, hp) what the first layer made and next (n, h2p) what the second
   did; of each Dice the batch's mean and variance, moments (2, ·), and its rows (4, ·); second (h2p, hp) and last (h2p),
   filled up; weight (n) how often a row counts in the statistics, total (1) their sum; keep (n, hp) and keep2 (n, h2p)
   what dropout multiplies the Dices' outcomes by, NULL for nothing. */
typedef struct {
    float *s, *next, *moments, *moments2, *dice, *dice2, *second, *last, *weight, *total;
    const float *keep, *keep2;
} Pass;

/* As in Layers. */
typedef struct {
    float *alpha, *second, *second_bias, *alpha2, *last, *last_bias;
} LayersGradient;

/* From s, weight, keep and keep2 of the pass to out (n) and the rest of the pass; 1 where there is no memory. */
int layers_forward(const Layers *own, const Pass *pass, float epsilon, int64_t n, int64_t h, int64_t h2, float *out);

/* grad (n) -> the layers' gradient, and d_own (n, hp) and sums (3, hp) of the first Dice, of which statistics_block in
   dice.h makes the gradient of s; 1 where there is no memory. */
int layers_backward(const Pass *pass, const float *grad, int64_t n, int64_t h, int64_t h2, const LayersGradient *to,
                     float *d_own, float *sums);
#endif
