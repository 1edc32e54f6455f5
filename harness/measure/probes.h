// Probes of a variant's behaviour, which need no training and only its forward.
#pragma once

#include <cstdint>

#include "record/probe.h"
#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::measure {

/// Makes one probe of a case: its result, or the reason why it does not apply or found nothing, as
/// an output was not finite. q, k and v are drawn anew by `seed` for each of the setting's seeds;
/// the inputs that a variant declares are drawn once. Throws std::bad_alloc.
///
/// influence: the token at distance d before the last one gets other rows of q, k and v, drawn as
///   all rows are; the value is |out' - out| / |out| of the last query, the mean over heads.
/// order: the d tokens before the last one change places, by a permutation that is drawn: their
///   rows of k with those of v. The value is as above.
/// recall: pairs of key and value are planted, one of them at distance d, the others anywhere. The
///   values come from a codebook of kCodes vectors of +-1; the last query is a
///   noisy copy of the key at distance d, as long as makes its score kPlantedScore. The value is
///   how often the last output is nearest to that key's value: 1 / kCodes by chance. This is the
///   multi-query associative recall of Arora et al. 2023 (Zoology), without a trained model.
/// memory: the token at distance d is predicted from the last output of all heads by ridge
///   regression; the value is R^2 on sequences that were not fitted, in four folds, and low and
///   high are those of single folds. Summed over all d, it is the memory capacity of
///   Jaeger 2001; the distances tried are only some.
record::Probe make_probe(const registry::Entry& entry, const Call& call,
                         const record::ProbeSetting& setting, uint64_t seed);

inline constexpr int64_t kCodes = record::kRecallCodes;
inline constexpr double kPlantedScore = 16;
inline constexpr double kRecallNoise = 0.25;  ///< Standard deviation, in that of a key's elements.

}  // namespace attnbench::measure
