// Prefetching of rows of K and V while other work goes on.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <utility>

#include "kernels/divide.h"
#include "kernels/keys.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// Floats of a cache line.
inline constexpr int64_t kLineFloats = 16;

/// Prefetches `floats` floats from `from` on.
HWY_INLINE void prefetch(const float* from, int64_t floats) {
  for (int64_t i = 0; i < floats; i += kLineFloats) hwy::Prefetch(from + i);
}

/// Whether microkernels can prefetch a block of streams line by line, if each stream gives the
/// block `keys` keys. They can if the product with V, which prefetches as many lines of a row as
/// there are keys, comes to the end of the row exactly.
constexpr bool prefetches_by_line(int64_t keys, int64_t head_dim) {
  return head_dim % (keys * kLineFloats) == 0;
}

/// Hands out, bit by bit, the rows that are to be prefetched: consecutive rows in their order; of
/// streams four or eight rows at once, line by line.
template <class Element>
class PrefetcherOf {
 public:
  /// The rows lie as `rows` says, from `first` on. If `first` is null, nothing is prefetched, and
  /// take() and take_of() must not be called.
  PrefetcherOf(const void* first, const KeyRows& rows, int64_t head_dim)
      : next_(static_cast<const Element*>(first)),
        rows_(rows),
        head_dim_(head_dim),
        due_(first == nullptr ? std::numeric_limits<int64_t>::min() / 2 : 0) {}

  bool any() const { return next_ != nullptr; }
  /// Whether other memory lies between one row and the next.
  bool steps() const { return rows_.stride != head_dim_; }

  /// Returns where the next `floats` floats of consecutive rows begin. The caller prefetches them.
  HWY_INLINE const Element* take(int64_t floats) { return std::exchange(next_, next_ + floats); }

  /// For streams: returns where the next `floats` floats of a row begin. The caller prefetches
  /// them, and the same floats of the rows after it, `stride` apart, so that it prefetches `rows`
  /// rows at once: four, or an octet. The floats must lie within the row.
  HWY_INLINE const Element* take_of(int rows, int64_t floats) {
    assert(passed_ + floats <= head_dim_ && "A microkernel prefetches beyond the end of a row");
    const Element* from = next_ + passed_;
    passed_ += floats;
    if (passed_ == head_dim_) skip_rows(rows);
    return from;
  }

  /// Prefetches about `floats` more floats of streams, four whole rows at a time. With more rows
  /// at once, the prefetches would take all misses that a core can have under way, and the core's
  /// own loads would wait.
  HWY_INLINE void prefetch(int64_t floats) {
    for (due_ += floats; due_ > 0; due_ -= 4 * head_dim_) {
      for (int64_t i = 0; i < head_dim_; i += kLineFloats) {
        for (int row = 0; row < 4; ++row) hwy::Prefetch(next_ + row * rows_.stride + i);
      }
      skip_rows(4);
    }
  }

  /// Prefetches about `elements` more elements of streams, a line of four rows at a time. It is for
  /// products that take a good part of the time that memory takes: between bursts of prefetches
  /// memory would wait for them.
  HWY_INLINE void prefetch_lines(int64_t elements) {
    for (due_ += elements; due_ > 0;) {
      for (int row = 0; row < 4; ++row) hwy::Prefetch(next_ + row * rows_.stride + passed_);
      const int64_t some = std::min(kLine, head_dim_ - passed_);
      due_ -= 4 * some;
      passed_ += some;
      if (passed_ == head_dim_) skip_rows(4);
    }
  }

 private:
  static constexpr int64_t kLine = kLineFloats * sizeof(float) / sizeof(Element);

  HWY_INLINE void skip_rows(int rows) {
    passed_ = 0;
    next_ += rows * rows_.stride;
    half_ = rows < kOctet && !half_;
    if (!half_) next_ += rows_.octet_stride - kOctet * rows_.stride;
  }

  const Element* next_;
  const KeyRows& rows_;
  const int64_t head_dim_;
  int64_t due_;         ///< Elements that are due to be prefetched.
  int64_t passed_ = 0;  ///< Elements that were taken of each of the current rows.
  bool half_ = false;   ///< Whether the first half of an octet was prefetched.
};
using Prefetcher = PrefetcherOf<float>;

/// Consecutive rows that will be read soon, and are prefetched share by share between the products
/// that are computed before.
class RowsAhead {
 public:
  /// So many floats from `from` on, in so many shares.
  void begin(const float* from, int64_t floats, int64_t shares) {
    next_ = from;
    left_ = floats;
    share_ = round_up(divide_up(floats, shares), kLineFloats);
  }

  HWY_INLINE void prefetch_share() {
    const int64_t floats = std::min(share_, left_);
    prefetch(next_, floats);
    next_ += floats;
    left_ -= floats;
  }

 private:
  const float* next_ = nullptr;
  int64_t left_ = 0, share_ = 0;
};

}  // namespace attnbench::kernels
