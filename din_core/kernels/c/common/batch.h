/* The real (behavior, candidate) pairs of a ragged batch, histories side by side on the threads.

   History g holds behaviors [behaviors[g], behaviors[g + 1]) and candidates [candidates[g], candidates[g + 1]); its
   pairs are a block from pairs[g] on, candidates running fastest. No row is written by two histories.

   Histories are dealt out in CHUNKS runs of about as many pairs, which go to the threads in the same way each time: what
   one pass has written the next finds in its core's cache. */
#ifndef DIN_LENS_BATCH
#define DIN_LENS_BATCH
#include "blocks.h"

#define BATCH                                                                                                          \
    const int64_t *restrict behaviors, const int64_t *restrict candidates, const int64_t *restrict pairs, int64_t histories
#define FOR_CHUNKS _Pragma("omp parallel for schedule(static)") for (int chunk = 0; chunk < CHUNKS; chunk++)
#define FOR_HISTORIES                                                                                                  \
    FOR_CHUNKS for (int64_t g = first_history(behaviors, candidates, pairs, histories, chunk),                            \
                    last = end_history(behaviors, candidates, pairs, histories, chunk);                                \
                    g < last; g++)
#define FOR_PAIRS                                                                                                      \
    FOR_HISTORIES for (int64_t t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++)                              \
        for (int64_t c = candidates[g]; c < candidates[g + 1]; c++, pair++)

static inline int64_t pairs_of(BATCH) {
    if (!histories) return 0;
    const int64_t g = histories - 1;
    return pairs[g] + (behaviors[g + 1] - behaviors[g]) * (candidates[g + 1] - candidates[g]);
}

/* The first history of which no pair is in an earlier chunk. */
static inline int64_t first_history(BATCH, int chunk) {
    const int64_t least = chunk * pairs_of(behaviors, candidates, pairs, histories) / CHUNKS;
    int64_t low = 0, high = histories;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (pairs[middle] < least) low = middle + 1;
        else high = middle;
    }
    return low;
}

static inline int64_t end_history(BATCH, int chunk) {
    return chunk + 1 < CHUNKS ? first_history(behaviors, candidates, pairs, histories, chunk + 1) : histories;
}
#endif
