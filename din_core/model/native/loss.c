#include "asinh.h"
#include "exponential.h"

#define LANES 16

/* The mean log loss of logits (n) against labels (n), and its gradient (n). */
void log_loss(const float *restrict logit, const float *restrict label, long n, float *restrict loss,
              float *restrict d_logit) {
    const float each = 1.0f / (float)n;
    double total = 0;
    for (long start = 0; start < n; start += LANES) {
        float own[LANES] = {0}, sum = 0;
        const long end = start + LANES < n ? LANES : n - start;
        for (long i = 0; i < end; i++) {
            const float x = logit[start + i], y = label[start + i];
            own[i] = (x > 0 ? x : 0) - x * y + log1p_(exponential(-fabsf(x)));
            d_logit[start + i] = (sigmoid(x) - y) * each;
        }
        for (int i = 0; i < LANES; i++) sum += own[i];
        total += sum;
    }
    *loss = (float)(total * each);
}
