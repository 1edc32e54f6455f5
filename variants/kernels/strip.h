// A strip: a few vectors of query rows, and attention over one block of keys for it.
#pragma once

#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/modify.h"
#include "kernels/product.h"
#include "kernels/spans.h"

namespace attnbench::kernels {

inline constexpr int kMaxVectors = 3;
inline constexpr int64_t kStripRows = kMaxVectors * kLanes;

/// Every block of keys begins and ends on this grid (but for the end of the sequence), so that the
/// product has no remainder rows; what this adds is masked.
inline constexpr int64_t kKeyGrid = 8;

/// The reference maximum of a row that has seen no key.
inline constexpr float kNothingSeen = std::numeric_limits<float>::lowest();

/// Weights may grow to 2^8 before sums are rescaled to a new reference: most blocks then rescale
/// nothing, and float32 has exponents to spare.
inline constexpr float kHeadroom = 8;

/// The state of the online softmax for up to kStripRows query rows, one a lane. Lanes beyond the
/// last row repeat it and are not stored.
struct Strip {
  float* q = nullptr;                       ///< [head_dim, lanes], times modifiers.factor.
  float* out = nullptr;                     ///< [head_dim, lanes], sum of weights times values.
  alignas(64) float reference[kStripRows];  ///< What is subtracted from scores; near their maximum.
  alignas(64) float weight_sum[kStripRows];  ///< With the factor of weights() where vectors > 0.
  int64_t first_row = 0;
  int64_t rows = 0;
  int vectors = 0;  ///< Of lanes; 0 where the rows are few and q and out are [lanes, head_dim].
  int64_t lanes = 0;
  int64_t lane_stride = 0;  ///< In q and out.
  int64_t dim_stride = 0;

  Modifiers modifiers = {};
  alignas(64) float slope[kStripRows];  ///< By lane; set where there is alibi, as is position.
  int64_t position[kStripRows];

  Lattice lattice;                ///< Of all the keys below, which are its indices.
  KeySpan lane_keys[kStripRows];  ///< The span that each lane sees.
  KeySpan keys;                   ///< Their union, widened to the grid.
  KeySpan shared_keys;            ///< What all lanes see: blocks within need no mask.
};

/// Keys [begin, end) of one head by their index in a strip's lattice, with k and v at index 0.
struct KeyBlock {
  const float* k;
  const float* v;
  int64_t begin;
  int64_t end;
  int64_t head_dim;
  int64_t stride;  ///< Floats from one key to the next.
  /// What to ask for meanwhile, as many floats as these keys have each: the keys after these, or
  /// what else comes next. Null: nothing.
  const float* soon_k = nullptr;
  const float* soon_v = nullptr;
};

/// Adds a block of keys within strip.keys to the strip. `scores` holds a vector row for each key.
void attend_block(Strip& strip, const KeyBlock& block, float* scores) noexcept;

}  // namespace attnbench::kernels
