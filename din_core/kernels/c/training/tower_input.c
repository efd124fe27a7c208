/* What the tower reads of an impression, side by side: others (o), q (d), and asinh(asinh_scale ·) of the sums over behaviors: v
   (dv), v times q (dv), v . q of each field, intensity (parts).

   m impressions. v is as wide as q, or holds two interests of that width. Fields are `widths` wide, dv together. */
#include "../common/asinh.h"


/* sums (2 dv + fields + parts) of an impression */
static inline void sums_of(const float *restrict q, const float *restrict v, const float *restrict intensity,
                           const int64_t *widths, int64_t d, int64_t dv, int64_t fields, int64_t parts, float *restrict sums) {
    float *restrict product = sums + dv, *restrict by_field = product + dv;
    for (int64_t j = 0; j < dv; j++) sums[j] = v[j];
    for (int64_t from = 0; from < dv; from += d)
        for (int64_t j = 0; j < d; j++) product[from + j] = v[from + j] * q[j];
    for (int64_t f = 0, from = 0; f < fields; from += widths[f++]) {
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (int64_t j = from; j < from + widths[f]; j++) along += product[j];
        by_field[f] = along;
    }
    for (int64_t j = 0; j < parts; j++) by_field[fields + j] = intensity[j];
}

/* x (m, o + d + 2 dv + fields + parts) */
int tower_input(const float *restrict others, const float *restrict q, const float *restrict v,
              const float *restrict intensity, const int64_t *widths, float asinh_scale, int64_t m, int64_t o, int64_t d, int64_t dv,
              int64_t fields, int64_t parts, float *restrict x) {
    const int64_t scaled = 2 * dv + fields + parts, width = o + d + scaled;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < m; i++) {
        float *restrict to = x + i * width, sums[scaled];
        sums_of(q + i * d, v + i * dv, intensity + i * parts, widths, d, dv, fields, parts, sums);
        for (int64_t j = 0; j < o; j++) to[j] = others[i * o + j];
        for (int64_t j = 0; j < d; j++) to[o + j] = q[i * d + j];
        for (int64_t j = 0; j < scaled; j++) to[o + d + j] = asinh_(asinh_scale * sums[j]);
    }
    return 0;
}

/* grad, that of x -> the gradients of others, q, v and intensity */
int tower_input_backward(const float *restrict q, const float *restrict v, const float *restrict intensity,
                       const int64_t *widths, float asinh_scale, const float *restrict grad, int64_t m, int64_t o, int64_t d, int64_t dv,
                       int64_t fields, int64_t parts, float *restrict d_others, float *restrict d_q, float *restrict d_v,
                       float *restrict d_intensity) {
    const int64_t scaled = 2 * dv + fields + parts, width = o + d + scaled;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < m; i++) {
        const float *restrict from = grad + i * width, *restrict own_q = q + i * d, *restrict own_v = v + i * dv;
        float sums[scaled], *restrict product = sums + dv, *restrict by_field = product + dv, *restrict to_q = d_q + i * d;
        sums_of(own_q, own_v, intensity + i * parts, widths, d, dv, fields, parts, sums);
        for (int64_t j = 0; j < scaled; j++) sums[j] = from[o + d + j] * asinh_scale * asinh_slope(asinh_scale * sums[j]);
        for (int64_t f = 0, start = 0; f < fields; start += widths[f++])
            for (int64_t j = start; j < start + widths[f]; j++) product[j] += by_field[f];
        for (int64_t j = 0; j < o; j++) d_others[i * o + j] = from[j];
        for (int64_t j = 0; j < d; j++) to_q[j] = from[o + j];
        for (int64_t half = 0; half < dv; half += d)
            for (int64_t j = 0; j < d; j++) {
                d_v[i * dv + half + j] = sums[half + j] + product[half + j] * own_q[j];
                to_q[j] += product[half + j] * own_v[half + j];
            }
        for (int64_t j = 0; j < parts; j++) d_intensity[i * parts + j] = by_field[fields + j];
    }
    return 0;
}
