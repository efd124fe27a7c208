/* One step of DIEN's second GRU for n candidates, and its gradient; kinds as in model/poolings/dien.py.

   projected (N, 3d) is what a behavior's interest adds to the gates reset, update and new, without its bias (3d); state
   (n, d) is the state before the step and hidden (n, 3d) what it adds to the gates. behavior and pair (n) say which
   behavior and which pair each candidate reads; what is kept for the gradient lies by pair. */
#include "../common/batch.h"
#include "../common/exponential.h"

enum kind { AIGRU, AGRU, AUGRU };

static inline float hyperbolic_tangent(float x) { return 2.0f * sigmoid(2.0f * x) - 1.0f; }

/* before (P, d) receives the state before the step, gates (P, 4d) reset, update, new and what the state adds to new;
   state is moved in place. The paper's update u = 1 - z replaces the state where torch's z keeps it. */
int evolve(int64_t kind, const float *restrict projected, const float *restrict bias, const float *restrict hidden,
            const float *restrict attention, const int64_t *restrict behavior, const int64_t *restrict pair,
            float *restrict state, float *restrict before, float *restrict gates, int64_t n, int64_t d) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        const float a = attention[pair[i]], scale = kind == AIGRU ? a : 1.0f;
        const float *restrict in = projected + behavior[i] * 3 * d, *restrict own = hidden + i * 3 * d;
        float *restrict h = state + i * d, *restrict h0 = before + pair[i] * d, *restrict gate = gates + pair[i] * 4 * d;
#pragma omp simd
        for (int64_t j = 0; j < d; j++) {
            const float reset = sigmoid(scale * in[j] + bias[j] + own[j]);
            const float update = sigmoid(-(scale * in[d + j] + bias[d + j] + own[d + j]));
            const float remembered = own[2 * d + j];
            const float new = hyperbolic_tangent(scale * in[2 * d + j] + bias[2 * d + j] + reset * remembered);
            const float moved = kind == AIGRU ? update : (kind == AGRU ? a : a * update);
            h0[j] = h[j];
            gate[j] = reset;
            gate[d + j] = update;
            gate[2 * d + j] = new;
            gate[3 * d + j] = remembered;
            h[j] += moved * (new - h[j]);
        }
    }
    return 0;
}

/* d_state (n, d) is the gradient of the state after the step and becomes that of the state before it, but for what
   went through hidden, whose gradient is d_hidden (P, 3d). gates' first 3d columns become the gradient of what the
   behavior adds to the gates; d_attention (P) what AGRU's and AUGRU's update adds to it. */
int evolve_backward(int64_t kind, const float *restrict attention, const int64_t *restrict pair,
                     const float *restrict before, float *restrict gates, float *restrict d_state,
                     float *restrict d_hidden, float *restrict d_attention, int64_t n, int64_t d) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        const float a = attention[pair[i]];
        const float *restrict h0 = before + pair[i] * d;
        float *restrict gate = gates + pair[i] * 4 * d, *restrict dh = d_state + i * d;
        float *restrict d_own = d_hidden + pair[i] * 3 * d;
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (int64_t j = 0; j < d; j++) {
            const float reset = gate[j], update = gate[d + j], new = gate[2 * d + j], remembered = gate[3 * d + j];
            const float moved = kind == AIGRU ? update : (kind == AGRU ? a : a * update);
            const float d_moved = dh[j] * (new - h0[j]);
            const float d_update = kind == AIGRU ? d_moved : (kind == AGRU ? 0.0f : a * d_moved);
            const float d_new = dh[j] * moved * (1.0f - new * new);
            const float d_reset = d_new * remembered * reset * (1.0f - reset);
            const float d_keep = -d_update * update * (1.0f - update);
            along += kind == AIGRU ? 0.0f : (kind == AGRU ? d_moved : d_moved * update);
            dh[j] *= 1.0f - moved;
            gate[j] = d_own[j] = d_reset;
            gate[d + j] = d_own[d + j] = d_keep;
            gate[2 * d + j] = d_new;
            d_own[2 * d + j] = d_new * reset;
        }
        d_attention[pair[i]] = along;
    }
    return 0;
}

/* From all steps' gates, as evolve_backward leaves them: d_projected (N, 3d) += and, for AIGRU, d_attention (P). */
int evolve_inputs(int64_t kind, const float *restrict projected, const float *restrict attention,
                   const float *restrict gates, float *restrict d_projected, float *restrict d_attention, int64_t d,
                   BATCH) {
    FOR_PAIRS {
        const float *restrict gate = gates + pair * 4 * d, *restrict in = projected + t * 3 * d;
        float *restrict d_in = d_projected + t * 3 * d;
        const float scale = kind == AIGRU ? attention[pair] : 1.0f;
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (int64_t j = 0; j < 3 * d; j++) {
            d_in[j] += scale * gate[j];
            along += gate[j] * in[j];
        }
        if (kind == AIGRU) d_attention[pair] = along;
    }
    return 0;
}
