// Judges whether queries see the keys that they should, each once: a call whose sums are known.
#pragma once

#include <cstdint>

#include "measure/check_output.h"

namespace attnbench::measure {

/// Judges what a call made of InputStyle::kEqualWeights: values of +-1, and scores that are all 0.
/// Then every key of a query has the same weight, however many there are, and so one that is left
/// out, counted twice or taken for another shows at every length (key_counts.h), in every row.
/// Under ALiBi weights are not equal: scores undo its bias, as far as float32 can, and `max_rows`
/// rows are compared with the oracle; softcap bounds scores, so that with both far keys weigh
/// nothing. The verdict's rows_counted are those in which every key would have shown.
Verdict check_keys(const Variant& variant, const Call& call, const Inputs& inputs,
                   const Tensor<float>& out, int64_t max_rows, uint64_t seed);

}  // namespace attnbench::measure
