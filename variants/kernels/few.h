// Attention of a few query rows over a block of keys: lanes are dims, not queries.
#pragma once

#include "kernels/strip.h"

namespace attnbench::kernels {

/// Up to so many rows are computed along the dims. Lanes of queries would stay empty, and reading K
/// and V a broadcast float at a time is then slower than memory.
inline constexpr int64_t kFewRows = 4;

/// Adds a block of keys within strip.keys to a strip of 1, 2 or 4 lanes, whose q and out are
/// [lanes, head_dim] and whose head_dim is a multiple of kLanes.
void attend_few(Strip& strip, const KeyBlock& block, float* scores) noexcept;

}  // namespace attnbench::kernels
