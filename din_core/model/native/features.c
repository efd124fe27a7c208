/* What the tower reads of an impression, side by side: others (o), q (d), and asinh(knee ·) of the sums over behaviors: v
   (dv), v times q (dv), v . q of each field, intensity (parts).

   m impressions. v is as wide as q, or holds two interests of that width. Fields are `widths` wide, dv together. */
#include "asinh.h"

/* sums (2 dv + fields + parts) of an impression */
static inline void sums_of(const float *restrict q, const float *restrict v, const float *restrict intensity,
                           const long *widths, long d, long dv, long fields, long parts, float *restrict sums) {
    float *restrict product = sums + dv, *restrict likeness = product + dv;
    for (long j = 0; j < dv; j++) sums[j] = v[j];
    for (long from = 0; from < dv; from += d)
        for (long j = 0; j < d; j++) product[from + j] = v[from + j] * q[j];
    for (long f = 0, from = 0; f < fields; from += widths[f++]) {
        float along = 0;
#pragma omp simd reduction(+ : along)
        for (long j = from; j < from + widths[f]; j++) along += product[j];
        likeness[f] = along;
    }
    for (long j = 0; j < parts; j++) likeness[fields + j] = intensity[j];
}

/* x (m, o + d + 2 dv + fields + parts) */
void features(const float *restrict others, const float *restrict q, const float *restrict v,
              const float *restrict intensity, const long *widths, float knee, long m, long o, long d, long dv,
              long fields, long parts, float *restrict x) {
    const long bent = 2 * dv + fields + parts, width = o + d + bent;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < m; i++) {
        float *restrict to = x + i * width, sums[bent];
        sums_of(q + i * d, v + i * dv, intensity + i * parts, widths, d, dv, fields, parts, sums);
        for (long j = 0; j < o; j++) to[j] = others[i * o + j];
        for (long j = 0; j < d; j++) to[o + j] = q[i * d + j];
        for (long j = 0; j < bent; j++) to[o + d + j] = asinh_(knee * sums[j]);
    }
}

/* grad, that of x -> the gradients of others, q, v and intensity */
void features_backward(const float *restrict q, const float *restrict v, const float *restrict intensity,
                       const long *widths, float knee, const float *restrict grad, long m, long o, long d, long dv,
                       long fields, long parts, float *restrict d_others, float *restrict d_q, float *restrict d_v,
                       float *restrict d_intensity) {
    const long bent = 2 * dv + fields + parts, width = o + d + bent;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < m; i++) {
        const float *restrict from = grad + i * width, *restrict own_q = q + i * d, *restrict own_v = v + i * dv;
        float sums[bent], *restrict product = sums + dv, *restrict likeness = product + dv, *restrict to_q = d_q + i * d;
        sums_of(own_q, own_v, intensity + i * parts, widths, d, dv, fields, parts, sums);
        for (long j = 0; j < bent; j++) sums[j] = from[o + d + j] * knee * asinh_slope(knee * sums[j]);
        for (long f = 0, start = 0; f < fields; start += widths[f++])
            for (long j = start; j < start + widths[f]; j++) product[j] += likeness[f];
        for (long j = 0; j < o; j++) d_others[i * o + j] = from[j];
        for (long j = 0; j < d; j++) to_q[j] = from[o + j];
        for (long half = 0; half < dv; half += d)
            for (long j = 0; j < d; j++) {
                d_v[i * dv + half + j] = sums[half + j] + product[half + j] * own_q[j];
                to_q[j] += product[half + j] * own_v[half + j];
            }
        for (long j = 0; j < parts; j++) d_intensity[i * parts + j] = likeness[fields + j];
    }
}
