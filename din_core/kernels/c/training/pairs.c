/* Dot products and weighted sum pooling over the pairs of a batch. */
#include "../common/batch.h"

/* out (P) = q (M, d) of the candidate . k (N, d) of the behavior */
int pair_dot(const float *restrict q, const float *restrict k, int64_t d, float *restrict out, BATCH) {
    FOR_PAIRS {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t j = 0; j < d; j++) sum += q[c * d + j] * k[t * d + j];
        out[pair] = sum;
    }
    return 0;
}

/* d_q (M, d) += grad (P) times k, d_k (N, d) += grad times q */
int pair_dot_backward(const float *restrict q, const float *restrict k, const float *restrict grad, int64_t d,
                      float *restrict d_q, float *restrict d_k, BATCH) {
    FOR_PAIRS
        for (int64_t j = 0; j < d; j++) {
            d_q[c * d + j] += grad[pair] * k[t * d + j];
            d_k[t * d + j] += grad[pair] * q[c * d + j];
        }
    return 0;
}

/* out (M, d) = weight (P) count (N) k (N, d) summed over behaviors, total (M) = weight count */
int pair_pool(const float *restrict weight, const float *restrict count, const float *restrict k, int64_t d,
              float *restrict out, float *restrict total, BATCH) {
    FOR_HISTORIES {
        for (int64_t c = candidates[g]; c < candidates[g + 1]; c++) {
            for (int64_t j = 0; j < d; j++) out[c * d + j] = 0;
            total[c] = 0;
        }
        for (int64_t t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++)
            for (int64_t c = candidates[g]; c < candidates[g + 1]; c++, pair++) {
                const float share = weight[pair] * count[t];
                for (int64_t j = 0; j < d; j++) out[c * d + j] += share * k[t * d + j];
                total[c] += share;
            }
    }
    return 0;
}

/* d_weight (P) = count (grad (M, d) . k (N, d) + d_total (M)), d_k (N, d) = weight count grad summed over candidates */
int pair_pool_backward(const float *restrict weight, const float *restrict count, const float *restrict k,
                       const float *restrict grad, const float *restrict d_total, int64_t d,
                       float *restrict d_weight, float *restrict d_k, BATCH) {
    FOR_HISTORIES for (int64_t t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++) {
        for (int64_t j = 0; j < d; j++) d_k[t * d + j] = 0;
        for (int64_t c = candidates[g]; c < candidates[g + 1]; c++, pair++) {
            const float share = weight[pair] * count[t];
            float along = d_total[c];
#pragma omp simd reduction(+ : along)
            for (int64_t j = 0; j < d; j++) {
                along += grad[c * d + j] * k[t * d + j];
                d_k[t * d + j] += share * grad[c * d + j];
            }
            d_weight[pair] = along * count[t];
        }
    }
    return 0;
}
