// Where the keys of a block lie, and asking memory for such rows ahead of their use.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// Keys that are read together: a stretch of them, or one of each of as many streams.
inline constexpr int64_t kOctet = 8;

/// Rows of K or V in octets and what remains of one: the rows of an octet are `stride` floats
/// apart, the octets `octet_stride`.
struct KeyRows {
  int64_t count;
  int64_t stride;
  int64_t octet_stride;

  bool consecutive() const { return octet_stride == kOctet * stride; }
};

inline constexpr int64_t kLineFloats = 16;

/// Asks for `floats` floats at `from` that are needed soon.
HWY_INLINE void prefetch(const float* from, int64_t floats) {
  for (int64_t i = 0; i < floats; i += kLineFloats) hwy::Prefetch(from + i);
}

/// Asks for rows in their order, a few lines at a time between other work: with more at once, all
/// misses that a core can have under way are taken, and its own loads wait.
class Ahead {
 public:
  /// From `first` on; null: for nothing.
  Ahead(const float* first, const KeyRows& rows, int64_t head_dim)
      : next_(first),
        rows_(rows),
        head_dim_(head_dim),
        asked_(first == nullptr ? std::numeric_limits<int64_t>::max() : 0) {}

  /// For as many as make `floats` floats in all.
  HWY_INLINE void ask(int64_t floats) {
    if (asked_ >= floats) return;
    if (rows_.consecutive()) {
      prefetch(next_, floats - asked_);
      next_ += floats - asked_;
      asked_ = floats;
    } else {
      do ask_four_rows();
      while (asked_ < floats);
    }
  }

 private:
  HWY_INLINE void ask_four_rows() {
    for (int64_t i = 0; i < head_dim_; i += kLineFloats) {
      for (int row = 0; row < 4; ++row) hwy::Prefetch(next_ + row * rows_.stride + i);
    }
    next_ += 4 * rows_.stride;
    asked_ += 4 * head_dim_;
    half_ = !half_;
    if (!half_) next_ += rows_.octet_stride - kOctet * rows_.stride;
  }

  const float* next_;
  const KeyRows& rows_;
  const int64_t head_dim_;
  int64_t asked_;
  bool half_ = false;  ///< Of an octet is asked for.
};

}  // namespace attnbench::kernels
