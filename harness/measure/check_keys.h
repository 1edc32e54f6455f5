// Judges by a call with known sums whether queries see the keys that they should, each once.
#pragma once

#include <cstdint>

#include "measure/check_output.h"

namespace attnbench::measure {

/// Judges the output for InputStyle::kEqualWeights: values of +-1, and scores that are all 0. All
/// keys of a query then have the same weight, so a key that is left out, counted twice or taken for
/// another shows in every row, at every length (key_counts.h). Under ALiBi weights are not equal:
/// scores cancel its bias, as far as float32 can, and `max_rows` rows are compared with the oracle.
/// Softcap bounds scores, so far keys weigh nothing under ALiBi with softcap. The verdict's
/// rows_counted are the rows in which every key would have shown.
Verdict check_keys(const Variant& variant, const Call& call, const Inputs& inputs,
                   const Tensor<float>& out, int64_t max_rows, uint64_t seed);

}  // namespace attnbench::measure
