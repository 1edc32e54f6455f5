// What inputs are like: how full attention spreads its weights over their keys.
#pragma once

#include <cstdint>
#include <optional>

#include "attnbench/problem.h"
#include "record/input_statistics.h"

namespace attnbench::measure {

/// Computes the weights of sampled rows in double, in up to about 0.5 s of one core, on the current
/// number of OpenMP threads: 64 rows, or 4 of each head if those are more, as far as the time
/// reaches, and 4096 at most. Rows are spread evenly over heads, and over the queries of the second
/// half that see a key. Empty if any weight is not finite. Leaves case_id at 0.
std::optional<record::InputStatistics> input_statistics(const Problem& problem,
                                                        const Inputs& inputs, uint64_t seed);

}  // namespace attnbench::measure
