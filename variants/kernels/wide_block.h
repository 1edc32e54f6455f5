// A block of keys and values that are narrower than float32, made ready once for all strips of a
// task.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/rows.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// The floats that a block of at most so many keys takes, if it is narrow; 0 if keys and values are
/// float32.
constexpr int64_t wide_block_floats(const Problem& p, int64_t keys) {
  if (p.kv_dtype == Type::kF32) return 0;
  return round_up(multiplies_pairs(p) ? (keys + 1) / 2 * p.head_dim : 2 * keys * p.head_dim, 16);
}

/// Holds the block that the task's strips attend at present: keys and values widened to float32,
/// or, if products are of pairs of bf16, values as pairs of keys. Either costs about three percent
/// of the products of two strips.
class WideBlock {
 public:
  /// `floats` has room for wide_block_floats() of the cut's largest block.
  explicit WideBlock(float* floats) : floats_(floats) {}

  /// Some keys of a block of the strip's lattice, not masked, for a strip that is not decoding.
  /// Both begin on the grid. Makes the block ready, unless it is the one that it holds.
  KeyBlock keys(const Job& job, const Strip& strip, const KeySpan& block, const KeySpan& keys);

 private:
  float* floats_;
  Lattice lattice_;
  KeySpan held_;
};

}  // namespace attnbench::kernels
