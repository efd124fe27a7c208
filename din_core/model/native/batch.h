/* The real (behavior, candidate) pairs of a ragged batch, histories side by side on the threads.

   History g holds behaviors [behaviors[g], behaviors[g + 1]) and candidates [candidates[g], candidates[g + 1]); its
   pairs are a block from pairs[g] on, candidates running fastest. No row is written by two histories.

   Histories are dealt out in CHUNKS runs of about as many pairs, which go to the threads in the same way each time: what
   one pass has written the next finds in its core's cache. */
#ifndef DIN_LENS_BATCH
#define DIN_LENS_BATCH
#include "blocks.h"

#define BATCH                                                                                                          \
    const long *restrict behaviors, const long *restrict candidates, const long *restrict pairs, long histories
#define FOR_CHUNKS _Pragma("omp parallel for schedule(static)") for (int chunk = 0; chunk < CHUNKS; chunk++)
#define FOR_HISTORIES                                                                                                  \
    FOR_CHUNKS for (long g = first_history(behaviors, candidates, pairs, histories, chunk),                            \
                    last = end_history(behaviors, candidates, pairs, histories, chunk);                                \
                    g < last; g++)
#define FOR_PAIRS                                                                                                      \
    FOR_HISTORIES for (long t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++)                              \
        for (long c = candidates[g]; c < candidates[g + 1]; c++, pair++)

static inline long pairs_of(BATCH) {
    if (!histories) return 0;
    const long g = histories - 1;
    return pairs[g] + (behaviors[g + 1] - behaviors[g]) * (candidates[g + 1] - candidates[g]);
}

/* The first history of which no pair is in an earlier chunk. */
static inline long first_history(BATCH, int chunk) {
    const long least = chunk * pairs_of(behaviors, candidates, pairs, histories) / CHUNKS;
    long low = 0, high = histories;
    while (low < high) {
        const long middle = (low + high) / 2;
        if (pairs[middle] < least) low = middle + 1;
        else high = middle;
    }
    return low;
}

static inline long end_history(BATCH, int chunk) {
    return chunk + 1 < CHUNKS ? first_history(behaviors, candidates, pairs, histories, chunk + 1) : histories;
}
#endif
