// A block of keys and values that are narrower than float32, widened once for all strips of a task.
#pragma once

#include <cstdint>

#include "kernels/rows.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// The floats that a widened block of so many keys takes; 0 if keys and values are float32.
constexpr int64_t wide_block_floats(const Problem& p, int64_t keys) {
  return p.kv_dtype == Type::kF32 ? 0 : round_up(2 * keys * p.head_dim, 16);
}

/// Holds the block that the task's strips attend at present. It costs about three percent of the
/// products of two strips.
class WideBlock {
 public:
  /// `floats` has room for wide_block_floats() of the cut's largest block.
  explicit WideBlock(float* floats) : floats_(floats) {}

  /// Some keys of a block of the strip's lattice, as float32 and not masked. Widens the block,
  /// unless it is the one that it holds.
  KeyBlock keys(const Job& job, const Strip& strip, const KeySpan& block, const KeySpan& keys);

 private:
  float* floats_;
  Lattice lattice_;
  KeySpan held_;
};

}  // namespace attnbench::kernels
