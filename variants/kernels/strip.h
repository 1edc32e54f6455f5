// A strip: a few vectors of query rows, and attention over one block of keys for it.
#pragma once

#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/keys.h"
#include "kernels/lattice.h"
#include "kernels/modify.h"
#include "kernels/product.h"

namespace attnbench::kernels {

inline constexpr int kMaxVectors = 3;
inline constexpr int64_t kStripRows = kMaxVectors * kLanes;

/// Every block of keys begins and ends on this grid (but for the end of the sequence), so that the
/// product has no remainder rows; what this adds is masked.
inline constexpr int64_t kKeyGrid = kOctet;

/// The reference maximum of a row that has seen no key.
inline constexpr float kNothingSeen = std::numeric_limits<float>::lowest();

/// Weights may grow to 2^8 before sums are rescaled to a new reference: most blocks then rescale
/// nothing, and float32 has exponents to spare.
inline constexpr float kHeadroom = 8;

/// The state of the online softmax for up to kStripRows query rows, one a lane. Lanes beyond the
/// last row repeat it and are not stored.
struct Strip {
  alignas(64) float reference[kStripRows];  ///< What is subtracted from scores; near their maximum.
  alignas(64) float weight_sum[kStripRows];  ///< With the factor of weights().
  int64_t first_row = 0;
  int64_t rows = 0;
  int vectors = 0;  ///< Of lanes; 0 where the rows are few.
  int64_t lanes = 0;
  /// q and out are [lanes, head_dim] where the rows are few, else [head_dim, lanes], or, as
  /// in_pairs says, [head_dim / 2, 2, lanes / 2, 2]: pairs of dims, of the even lanes and then the
  /// odd ones.
  float* q = nullptr;    ///< Times modifiers.factor.
  float* out = nullptr;  ///< Sum of weights times values.

  Modifiers modifiers = {};
  alignas(64) float slope[kStripRows];  ///< By lane; set where there is alibi, as is position.
  int64_t position[kStripRows];

  Lattice lattice;                     ///< Of all the keys below, which are its indices.
  int64_t lane_begin[kStripRows];      ///< Where the span begins that each lane sees,
  int64_t lane_end[kStripRows];        ///< and where it ends.
  KeySpan keys;                        ///< From the first to the last, widened to the grid.
  KeySpan shared_keys;                 ///< What all lanes see: blocks within need no mask.
  KeySpan vector_keys[kMaxVectors];    ///< The first to the last of each vector's,
  KeySpan vector_shared[kMaxVectors];  ///< and what all its lanes see. Few rows are one vector.
};

/// Some keys of one head.
struct KeyBlock {
  static constexpr int64_t kSeenByAll = -1;

  const float* k;  ///< At the first key, as is v.
  const float* v;
  int64_t head_dim;
  KeyRows rows;
  int64_t position;            ///< Of the first key in the sequence.
  int64_t begin = kSeenByAll;  ///< Its index in the strip's lattice, where not every lane sees all.
  /// Rows, as many and as far apart as these, to ask for during the first product and during the
  /// second. Null: none.
  const float* first_ahead = nullptr;
  const float* then_ahead = nullptr;

  int64_t step() const { return rows.stride / head_dim; }
  int64_t octet_step() const { return rows.octet_stride / head_dim; }
};

/// Some neighbouring vectors of a strip.
struct VectorSpan {
  int begin;
  int end;
};

/// What a key that is not seen scores.
inline constexpr float kHidden = -std::numeric_limits<float>::infinity();

/// Adds a block of keys within strip.keys to these vectors of the strip; to all of them where the
/// keys are not consecutive. `scores` holds kStripRows floats a key.
void attend_block(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                  float* scores) noexcept;

}  // namespace attnbench::kernels
