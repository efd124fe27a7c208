/* Softmax over a history for each of its candidates: exp(w) / sum of count exp(w). */
#include "../common/batch.h"
#include "../common/exponential.h"

#define SIDE_BY_SIDE 128 /* candidates at once: what a block needs beside its pairs stays in the nearest cache */

#define FOR_BLOCKS                                                                                                     \
    FOR_HISTORIES for (int64_t start = 0, most = candidates[g + 1] - candidates[g]; start < most; start += SIDE_BY_SIDE)
#define THE_BLOCK                                                                                                      \
    const int64_t width = most - start < SIDE_BY_SIDE ? most - start : SIDE_BY_SIDE;                                      \
    const int64_t length = behaviors[g + 1] - behaviors[g], from = pairs[g] + start;                                      \
    const float *restrict repeats = count + behaviors[g];

int pair_softmax(const float *restrict weight, const float *restrict count, float *restrict out, BATCH) {
    FOR_BLOCKS {
        THE_BLOCK
        float largest[SIDE_BY_SIDE], total[SIDE_BY_SIDE];
        for (int64_t c = 0; c < width; c++) total[c] = 0;
        for (int64_t t = 0; t < length; t++)
            for (int64_t c = 0; c < width; c++) {
                const float w = weight[from + t * most + c];
                largest[c] = t && largest[c] > w ? largest[c] : w;
            }
        for (int64_t t = 0; t < length; t++)
            for (int64_t c = 0; c < width; c++) {
                const float share = exponential(weight[from + t * most + c] - largest[c]);
                out[from + t * most + c] = share;
                total[c] += repeats[t] * share;
            }
        for (int64_t t = 0; t < length; t++)
            for (int64_t c = 0; c < width; c++) out[from + t * most + c] /= total[c];
    }
    return 0;
}

/* share (P) as pair_softmax leaves it; d_weight = share (grad - count sum of grad share) */
int pair_softmax_backward(const float *restrict share, const float *restrict count, const float *restrict grad,
                           float *restrict d_weight, BATCH) {
    FOR_BLOCKS {
        THE_BLOCK
        float along[SIDE_BY_SIDE];
        for (int64_t c = 0; c < width; c++) along[c] = 0;
        for (int64_t t = 0; t < length; t++)
            for (int64_t c = 0; c < width; c++) along[c] += grad[from + t * most + c] * share[from + t * most + c];
        for (int64_t t = 0; t < length; t++)
            for (int64_t c = 0; c < width; c++) {
                const int64_t pair = from + t * most + c;
                d_weight[pair] = share[pair] * (grad[pair] - repeats[t] * along[c]);
            }
    }
    return 0;
}
