/* Products, sums and weighted sum pooling over the pairs of a batch. */
#include "batch.h"

/* out (P, d) = q (M, d) of the candidate times k (N, d) of the behavior */
void pair_products(const float *restrict q, const float *restrict k, float *restrict out, long d, BATCH) {
    FOR_PAIRS
        for (long j = 0; j < d; j++) out[pair * d + j] = q[c * d + j] * k[t * d + j];
}

/* out (P, h) += from_q (M, h) of the candidate + from_k (N, h) of the behavior */
void pair_add(const float *restrict from_q, const float *restrict from_k, float *restrict out, long h, BATCH) {
    FOR_PAIRS
        for (long j = 0; j < h; j++) out[pair * h + j] += from_q[c * h + j] + from_k[t * h + j];
}

/* of_candidate (M, d) += grad (P, d) times k, of_behavior (N, d) += grad times q */
void pair_products_backward(const float *restrict q, const float *restrict k, const float *restrict grad,
                            float *restrict of_candidate, float *restrict of_behavior, long d, BATCH) {
    FOR_PAIRS
        for (long j = 0; j < d; j++) {
            of_candidate[c * d + j] += grad[pair * d + j] * k[t * d + j];
            of_behavior[t * d + j] += grad[pair * d + j] * q[c * d + j];
        }
}

/* of_candidate (M, h) += grad (P, h), of_behavior (N, h) += grad */
void pair_add_backward(const float *restrict grad, float *restrict of_candidate, float *restrict of_behavior, long h,
                       BATCH) {
    FOR_PAIRS
        for (long j = 0; j < h; j++) {
            of_candidate[c * h + j] += grad[pair * h + j];
            of_behavior[t * h + j] += grad[pair * h + j];
        }
}

/* out (M, d) = weight (P) count (N) k (N, d) summed over behaviors, total (M) = weight count */
void pair_pool(const float *restrict weight, const float *restrict count, const float *restrict k, float *restrict out,
               float *restrict total, long d, BATCH) {
    FOR_HISTORIES {
        for (long c = candidates[g]; c < candidates[g + 1]; c++) {
            for (long j = 0; j < d; j++) out[c * d + j] = 0;
            total[c] = 0;
        }
        for (long t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++)
            for (long c = candidates[g]; c < candidates[g + 1]; c++, pair++) {
                const float share = weight[pair] * count[t];
                for (long j = 0; j < d; j++) out[c * d + j] += share * k[t * d + j];
                total[c] += share;
            }
    }
}

/* d_weight (P) = count (grad (M, d) . k (N, d) + d_total (M)), d_k (N, d) = weight count grad summed over candidates */
void pair_pool_backward(const float *restrict weight, const float *restrict count, const float *restrict k,
                        const float *restrict grad, const float *restrict d_total, float *restrict d_weight,
                        float *restrict d_k, long d, BATCH) {
    FOR_HISTORIES for (long t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++) {
        for (long j = 0; j < d; j++) d_k[t * d + j] = 0;
        for (long c = candidates[g]; c < candidates[g + 1]; c++, pair++) {
            const float share = weight[pair] * count[t];
            float along = d_total[c];
#pragma omp simd reduction(+ : along)
            for (long j = 0; j < d; j++) {
                along += grad[c * d + j] * k[t * d + j];
                d_k[t * d + j] += share * grad[c * d + j];
            }
            d_weight[pair] = along * count[t];
        }
    }
}

/* out (P) = count (N) of the behavior */
void pair_count(const float *restrict count, float *restrict out, BATCH) { FOR_PAIRS out[pair] = count[t]; }

/* out (M) += weight (P) count (N) */
void pair_sum(const float *restrict weight, const float *restrict count, float *restrict out, BATCH) {
    FOR_PAIRS out[c] += weight[pair] * count[t];
}

/* d_weight (P) = grad (M) count (N) */
void pair_sum_backward(const float *restrict grad, const float *restrict count, float *restrict d_weight, BATCH) {
    FOR_PAIRS d_weight[pair] = grad[c] * count[t];
}
