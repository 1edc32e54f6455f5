// A strip: a few vectors of query rows, and its attention over one block of keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/keys.h"
#include "kernels/modify.h"
#include "kernels/walks.h"

namespace attnbench::kernels {

/// Every block of keys begins and ends at a multiple of this, or at the end of the sequence, so
/// that products seldom have rows left over. A block that is widened to the grid has keys that no
/// row of the strip sees; these are masked.
inline constexpr int64_t kKeyGrid = kOctet;

/// The reference of a row that has seen no key yet.
inline constexpr float kNothingSeen = std::numeric_limits<float>::lowest();

/// A row takes a new reference, and rescales its sums to it, only once a score exceeds the old
/// reference by this: weights may grow to 2^8, for which float32 has exponents to spare, and most
/// blocks need not rescale.
inline constexpr float kHeadroom = 8;

/// The online softmax of up to kStripRows query rows, one row a lane. Lanes beyond the last row
/// hold copies of that row, and their results are dropped.
struct Strip {
  /// What is subtracted from a row's scores: a number near their maximum.
  alignas(64) float reference[kStripRows];
  /// The sum of a row's weights, in the unit in which weights() (exp2.h) gives them.
  alignas(64) float weight_sum[kStripRows];
  int64_t first_row = 0;
  int64_t rows = 0;
  int vectors = 0;  ///< How many vectors the lanes fill; 0 if the rows are decoding (decode.h).
  int64_t lanes = 0;
  /// The layout of q and out. If the rows are decoding: [lanes, head_dim]. If in_pairs(vectors):
  /// [head_dim / 2, 2, lanes / 2, 2], that is for each pair of dims both of each even lane, then
  /// both of each odd lane. Else: [head_dim, lanes]. If has_pairs, q alone is otherwise:
  /// [head_dim / 2, lanes] of pairs of bf16, without the factor.
  float* q = nullptr;    ///< The rows of q times modifiers.factor.
  float* out = nullptr;  ///< The sums of weights times values.

  bool has_pairs = false;  ///< Whether products are of pairs of bf16 (bf16.h).

  Modifiers modifiers = {};
  alignas(64) float slope[kStripRows];  ///< By lane. Slope and position are set only for alibi.
  int64_t position[kStripRows];

  /// What the strip sees in the current round: one span of keys for each lane. All spans lie on
  /// this lattice, and the numbers below are indices on it.
  Lattice lattice;
  int64_t lane_begin[kStripRows];    ///< The first key of each lane's span,
  int64_t lane_end[kStripRows];      ///< and its end.
  KeySpan keys;                      ///< From the first key of any lane to the last, on the grid.
  KeySpan shared_keys;               ///< The keys that all lanes see: blocks of them need no mask.
  KeySpan vector_keys[kMaxVectors];  ///< By vector: from the first key of any lane to the last,
  KeySpan vector_shared[kMaxVectors];  ///< and the keys that all its lanes see.

  /// Whether lanes are dims rather than queries. The rows then count as one vector above.
  bool is_decoding() const { return vectors == 0; }
};

/// Where rows of K or of V begin whose elements are narrower than float32.
struct NarrowRows {
  const std::byte* elements = nullptr;
  const uint16_t* scales = nullptr;  ///< Of the first row, if the type has scales.
};
inline NarrowRows narrow_rows(const Tensor<const float>& tensor, int64_t batch, int64_t head,
                              int64_t row) {
  const int64_t before = (batch * tensor.heads + head) * tensor.len + row;
  const int64_t bytes = before * tensor.dim * element_bytes(tensor.type);
  return {reinterpret_cast<const std::byte*>(tensor.data) + bytes,
          tensor.scales == nullptr ? nullptr : tensor.row_scales(batch, head, row)};
}

/// Some keys of one key head, and their values. For a strip that has_pairs an element is a pair of
/// bf16: k holds pairs of dims, and `rows` counts in these; v, [keys / 2, head_dim], holds pairs of
/// keys, the last one with zero if the number of keys is odd.
struct KeyBlock {
  static constexpr int64_t kSeenByAll = -1;

  const float* k;  ///< The first key, if keys and values are float32.
  const float* v;  ///< Its value.
  int64_t head_dim;
  KeyRows rows;        ///< How keys and values lie from there on.
  int64_t position;    ///< The first key's place in the sequence.
  int64_t step;        ///< Places in the sequence from a key to the next one of its octet,
  int64_t octet_step;  ///< and from an octet to the next.
  /// The first key's index on the strip's lattice, if the block must be masked; else kSeenByAll.
  int64_t begin = kSeenByAll;
  /// What to prefetch during the product with K, and during that with V: as many rows, as far
  /// apart, as this block has. Null: nothing.
  const void* prefetch_first = nullptr;
  const void* prefetch_second = nullptr;

  /// Only strips that are decoding attend keys of other types. These are here, not at k and v.
  Type type = Type::kF32;
  NarrowRows narrow_k = {};
  NarrowRows narrow_v = {};
};

/// Neighbouring vectors of a strip.
struct VectorSpan {
  int begin;
  int end;
};

/// The score of a key that a row does not see.
inline constexpr float kHidden = -std::numeric_limits<float>::infinity();

/// Attends a block of keys within strip.keys: adds it to the sums of these vectors of the strip. If
/// the block's keys are not consecutive, it must be all vectors. `scores` has room for kStripRows
/// floats a key and is aligned to 64 bytes. Not for strips that are decoding.
void attend_block(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                  float* scores) noexcept;

}  // namespace attnbench::kernels
