/* Two Dice layers and a linear one: what follows the first layer of the activation unit, whose rows are pairs, and of the
   tower, whose rows are impressions. n rows; h and h2 hidden channels, hp and h2p the next multiple of WIDTH. */
#ifndef DIN_LENS_LAYERS
#define DIN_LENS_LAYERS

/* A Dice's running values, which a batch moves: batches (1), mean and variance (h). */
typedef struct {
    float *batches, *mean, *variance;
} Running;

/* alpha (h), second (h2, h), second_bias (h2), alpha2 (h2), last (h2), last_bias (1), and the running values */
typedef struct {
    const float *alpha, *second, *second_bias, *alpha2, *last, *last_bias;
    Running first_values, second_values;
} Layers;

/* What the way forwards leaves for the way back: s (n, hp) what the first layer made and next (n, h2p) what the second
   did; of each Dice its rows (4, ·); second (h2p, hp) and last (h2p), filled up; weight (n) how often a row counts in the
   statistics, total (1) their sum; keep (n, hp) and keep2 (n, h2p) what dropout multiplies the Dices' outcomes by, NULL
   for nothing. */
typedef struct {
    float *s, *next, *dice, *dice2, *second, *last, *weight, *total;
    const float *keep, *keep2;
} Pass;

/* As in Layers. */
typedef struct {
    float *alpha, *second, *second_bias, *alpha2, *last, *last_bias;
} LayersGradient;

/* From s, weight, keep and keep2 of the pass to out (n) and the rest of the pass. */
void layers_forward(const Layers *own, Pass *pass, float momentum, float epsilon, long n, long h, long h2, float *out);

/* grad (n) -> the layers' gradient, and d_own (n, hp) and sums (3, hp) of the first Dice, of which statistics_block in
   dice.h makes the gradient of s. */
void layers_backward(const Pass *pass, const float *grad, long n, long h, long h2, const LayersGradient *to,
                     float *d_own, float *sums);
#endif
