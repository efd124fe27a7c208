/* The real (behavior, candidate) pairs of a ragged batch, histories side by side on the threads.

   History g holds behaviors [behaviors[g], behaviors[g + 1]) and candidates [candidates[g], candidates[g + 1]); its
   pairs are a block from pairs[g] on, candidates running fastest. No row is written by two histories. */
#ifndef DIN_LENS_BATCH
#define DIN_LENS_BATCH
#define BATCH                                                                                                          \
    const long *restrict behaviors, const long *restrict candidates, const long *restrict pairs, long histories
#define FOR_HISTORIES _Pragma("omp parallel for schedule(dynamic, 16)") for (long g = 0; g < histories; g++)
#define FOR_PAIRS                                                                                                      \
    FOR_HISTORIES for (long t = behaviors[g], pair = pairs[g]; t < behaviors[g + 1]; t++)                              \
        for (long c = candidates[g]; c < candidates[g + 1]; c++, pair++)
#endif
