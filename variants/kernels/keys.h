// Where the keys of a block lie, and asking memory for such rows ahead of their use.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

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

/// Whether a block of so many keys of each stream can be asked for line by line: a pass over V
/// takes as many lines of a row as there are keys, and none of the next row.
constexpr bool asks_by_line(int64_t keys, int64_t head_dim) {
  return head_dim % (keys * kLineFloats) == 0;
}

/// What to ask memory for between other work: rows in their order; of streams four or eight rows at
/// once, line by line.
class Ahead {
 public:
  /// From `first` on; null: nothing, and nothing to take.
  Ahead(const float* first, const KeyRows& rows, int64_t head_dim)
      : next_(first),
        rows_(rows),
        head_dim_(head_dim),
        due_(first == nullptr ? std::numeric_limits<int64_t>::min() / 2 : 0) {}

  bool any() const { return next_ != nullptr; }
  /// Whether there is something between one row and the next.
  bool steps() const { return rows_.stride != head_dim_; }

  /// The next `floats` floats of consecutive rows, for the caller to ask for.
  HWY_INLINE const float* take(int64_t floats) { return std::exchange(next_, next_ + floats); }

  /// Of streams, the next `floats` floats of the first of `rows` rows, four or an octet, for the
  /// caller to ask for with those of the others, `stride` apart. They must lie within that row.
  HWY_INLINE const float* take_of(int rows, int64_t floats) {
    const float* from = next_ + passed_;
    passed_ += floats;
    if (passed_ == head_dim_) pass_rows(rows);
    return from;
  }

  /// Asks for `floats` more floats of streams, by four rows: with more at once, all misses that a
  /// core can have under way are taken, and its own loads wait.
  HWY_INLINE void ask(int64_t floats) {
    for (due_ += floats; due_ > 0; due_ -= 4 * head_dim_) {
      for (int64_t i = 0; i < head_dim_; i += kLineFloats) {
        for (int row = 0; row < 4; ++row) hwy::Prefetch(next_ + row * rows_.stride + i);
      }
      pass_rows(4);
    }
  }

 private:
  HWY_INLINE void pass_rows(int rows) {
    passed_ = 0;
    next_ += rows * rows_.stride;
    half_ = rows < kOctet && !half_;
    if (!half_) next_ += rows_.octet_stride - kOctet * rows_.stride;
  }

  const float* next_;
  const KeyRows& rows_;
  const int64_t head_dim_;
  int64_t due_;
  int64_t passed_ = 0;  ///< Floats of each of these rows.
  bool half_ = false;   ///< Of an octet is asked for.
};

}  // namespace attnbench::kernels
