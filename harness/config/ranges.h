// Ranges of integers: {"from": 256, "to": 4096, "factor": 2} or {"from", "to", "step"}.
#pragma once

#include <cstdint>
#include <vector>

#include "config/values.h"

namespace attnbench::config {

/// The values of a range, ascending; `to` is one of them if the steps meet it. A range that would
/// expand to more than `budget` values is refused before it expands.
std::vector<int64_t> read_range(const Node& node, const IntegerLimits& limits, int64_t& budget,
                                Problems& problems);

}  // namespace attnbench::config
