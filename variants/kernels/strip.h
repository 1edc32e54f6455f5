// A strip: a few vectors of query rows, and attention over one block of keys for it.
#pragma once

#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/product.h"

namespace attnbench::kernels {

inline constexpr int kMaxVectors = 3;
inline constexpr int64_t kStripRows = kMaxVectors * kLanes;

/// Every block of keys begins and ends on this grid (but for the end of the sequence), so that the
/// product has no remainder rows; what this adds is masked.
inline constexpr int64_t kKeyGrid = 8;

/// The reference maximum of a row that has seen no key.
inline constexpr float kNothingSeen = std::numeric_limits<float>::lowest();

/// The state of the online softmax for up to kStripRows query rows, one a lane. Lanes beyond the
/// last row repeat it and are not stored.
struct Strip {
  float* q = nullptr;    ///< [head_dim, vectors * kLanes], times log2(e) / sqrt(head_dim).
  float* out = nullptr;  ///< [head_dim, vectors * kLanes], sum of weights times values.
  alignas(64) float reference[kStripRows];  ///< What is subtracted from scores; near their maximum.
  alignas(64) float weight_sum[kStripRows];
  int64_t first_row = 0;
  int64_t rows = 0;
  int vectors = 0;

  KeySpan lane_keys[kStripRows];  ///< The span that each lane sees.
  KeySpan keys;                   ///< Their union, widened to the grid.
  KeySpan shared_keys;            ///< What all lanes see: blocks within need no mask.
};

/// Keys [begin, end) of one head, with k and v at key 0.
struct KeyBlock {
  const float* k;
  const float* v;
  int64_t begin;
  int64_t end;
  int64_t head_dim;
};

/// Adds a block of keys within strip.keys to the strip. `scores` holds a vector row for each key.
void attend_block(Strip& strip, const KeyBlock& block, float* scores) noexcept;

}  // namespace attnbench::kernels
