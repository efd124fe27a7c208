/* Mean and variance of the columns of s (n, k), and their use: z = (s - mean) rate. */
#include "moments.h"

#include "blocks.h"

/* Joins two runs of rows as Chan, Golub and LeVeque (1979) do, so that nothing cancels: a run is its weight, its means
   (k) and its sums of squares about them (k). */
static void add_run(double *restrict weight, double *restrict mean, double *restrict square, double here,
                    const double *restrict its_mean, const double *restrict its_square, int64_t k) {
    const double before = *weight, after = before + here;
    if (!(here > 0)) return;
    *weight = after;
    for (int64_t j = 0; j < k; j++) {
        const double off = its_mean[j] - mean[j];
        mean[j] += off * here / after;
        square[j] += its_square[j] + off * off * before * here / after;
    }
}

static double block_moments(const float *restrict s, const float *restrict weight, int64_t rows, int64_t k,
                            double *restrict mean, double *restrict square) {
    float sum[k], about[k], total = 0;
    for (int64_t j = 0; j < k; j++) sum[j] = about[j] = 0;
    for (int64_t i = 0; i < rows; i++) {
        total += weight[i];
        for (int64_t j = 0; j < k; j++) sum[j] += weight[i] * s[i * k + j];
    }
    for (int64_t j = 0; j < k; j++) sum[j] = total > 0 ? sum[j] / total : 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < k; j++) {
            const float off = s[i * k + j] - sum[j];
            about[j] += weight[i] * off * off;
        }
    for (int64_t j = 0; j < k; j++) {
        mean[j] = sum[j];
        square[j] = about[j];
    }
    return total;
}

/* Mean and biased variance of each column, rows counting by weight (n), and the sum of the weights. parts
   (CHUNKS, 1 + 4k) is room to work in. */
void moments(const float *restrict s, const float *restrict weight, int64_t n, int64_t k, double *restrict parts,
             float *restrict mean, float *restrict variance, float *restrict total) {
    const int64_t width = 1 + 4 * k;
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *part = parts + chunk * width, *block = part + 1 + 2 * k;
        for (int64_t j = 0; j < width; j++) part[j] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            const int64_t rows = end_of_block(start, n, chunk) - start;
            const double here = block_moments(s + start * k, weight + start, rows, k, block, block + k);
            add_run(part, part + 1, part + 1 + k, here, block, block + k, k);
        }
    }
    for (int chunk = 1; chunk < CHUNKS; chunk++) {
        const double *part = parts + chunk * width;
        add_run(parts, parts + 1, parts + 1 + k, part[0], part + 1, part + 1 + k, k);
    }
    *total = (float)parts[0];
    for (int64_t j = 0; j < k; j++) {
        mean[j] = (float)parts[1 + j];
        variance[j] = (float)(parts[1 + k + j] / parts[0]);
    }
}

/* z (n, wide) of s (n, k), 0 beyond k */
void standardise(const float *restrict s, const float *restrict mean, const float *restrict rate, float *restrict z,
                 int64_t n, int64_t k, int64_t wide) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < k; j++) z[i * wide + j] = (s[i * k + j] - mean[j]) * rate[j];
        for (int64_t j = k; j < wide; j++) z[i * wide + j] = 0;
    }
}

/* The gradient d_s (n, k) of s where mean and rate are the batch's own, rate (grad - (sum of grad + z sum of grad z) / n);
   z and grad (n, wide). parts (CHUNKS, 2k) and sums (2, k) are room to work in. */
void standardise_backward(const float *restrict z, const float *restrict grad, const float *restrict rate, int64_t n,
                          int64_t k, int64_t wide, double *restrict parts, float *restrict sums, float *restrict d_s) {
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        double *restrict part = parts + chunk * 2 * k;
        float sum[k], along[k];
        for (int64_t j = 0; j < 2 * k; j++) part[j] = 0;
        for (int64_t start = first_row(n, chunk); start < end_row(n, chunk); start += BLOCK) {
            for (int64_t j = 0; j < k; j++) sum[j] = along[j] = 0;
            for (int64_t i = start; i < end_of_block(start, n, chunk); i++)
                for (int64_t j = 0; j < k; j++) {
                    sum[j] += grad[i * wide + j];
                    along[j] += grad[i * wide + j] * z[i * wide + j];
                }
            for (int64_t j = 0; j < k; j++) {
                part[j] += sum[j];
                part[k + j] += along[j];
            }
        }
    }
    join(parts, 2 * k, sums);
    const float each = 1.0f / (float)n;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k; j++)
            d_s[i * k + j] = rate[j] * (grad[i * wide + j] - each * (sums[j] + z[i * wide + j] * sums[k + j]));
}
