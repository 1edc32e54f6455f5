// Decoding: the scales of a block's keys or values, put in the order of the keys.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/engine.h"
#include "kernels/load.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// The most keys of a block, and the most scales of a row.
inline constexpr int64_t kMostKeys = kLargestTile.keys;
inline constexpr int64_t kMostGroups = kMaxHeadDim / kScaleGroup;

/// Widens kCount scales.
template <int kCount>
HWY_INLINE void widen(const uint16_t* from, float* to) {
  if constexpr (kConvertsF16) {
    const hn::FixedTag<float, kCount> d;
    hn::StoreU(Float16::load(d, from), d, to);
  } else {
    for (int i = 0; i < kCount; ++i) to[i] = float_from_f16(from[i]);
  }
}

/// Keeps a number out of vectors: GCC 12 would join a few scales to one, at ten times the cost.
HWY_INLINE void keep_in_register([[maybe_unused]] uint64_t& x) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86
  __asm__("" : "+r"(x));
#endif
}

/// Calls visit(scales, key) for each key of a block; scales are the `of_row` scales of its row.
/// Prefetches the scales of streams: 128 bytes ahead are those of a few blocks.
template <class Visit>
HWY_INLINE void for_each_row_of_scales(const KeyBlock& block, const uint16_t* scales,
                                       int64_t of_row, const Visit& visit) {
  constexpr int64_t kAhead = 64;
  const int64_t step = block.step * of_row, octet_step = block.octet_step * of_row;
  const int64_t count = block.rows.count;
  for (int i = 0; i < kOctet && !block.rows.consecutive(); ++i) {
    hwy::Prefetch(scales + i * step + kAhead);
  }
  int64_t key = 0;
  for (; key + kOctet <= count; key += kOctet, scales += octet_step) {
    for (int i = 0; i < kOctet; ++i) visit(scales + i * step, key + i);
  }
  for (; key < count; ++key, scales += step) visit(scales, key);
}

// The scales of each type's blocks. Groups' scales are multiplied in by the products, which read
// them in of_keys() and of_values(), [keys, groups]; those of whole rows multiply scores and
// weights.

/// Of types without scales.
struct NoScales {
  explicit NoScales(const KeyBlock&) {}
  const float* of_keys() { return nullptr; }
  const float* of_values() { return nullptr; }
  void multiply_scores(int64_t, float*) {}
  void multiply_weights(int64_t, float*) {}
};

/// Of kInt8: one for each row.
template <int kRows>
class RowScales {
 public:
  /// Copies all scales, kRows times each, long before they are needed: a CPU is slow to read as a
  /// vector what it has just written one by one.
  explicit RowScales(const KeyBlock& block) {
    copy(block, block.narrow_k.scales, keys_);
    copy(block, block.narrow_v.scales, values_);
  }
  const float* of_keys() { return nullptr; }
  const float* of_values() { return nullptr; }
  /// Of scores and weights, which are [keys, kRows] and `floats` in all.
  void multiply_scores(int64_t floats, float* scores) { multiply(keys_, floats, scores); }
  void multiply_weights(int64_t floats, float* weights) { multiply(values_, floats, weights); }

 private:
  using Copies = uint16_t[kMostKeys * kRows + kLanes];

  static void copy(const KeyBlock& block, const uint16_t* scales, Copies& to) {
    assert(block.rows.count <= kMostKeys && "A block has more keys than there is room for");
    for_each_row_of_scales(block, scales, 1, [&](const uint16_t* scale, int64_t key) {
      // Up to four copies are the 16-bit digits of a number.
      constexpr int kAtOnce = std::min(kRows, 4);
      uint64_t digits = *scale * (0x0001000100010001u >> (64 - 16 * kAtOnce));
      keep_in_register(digits);
      for (int r = 0; r < kRows; r += kAtOnce) {
        std::memcpy(to + key * kRows + r, &digits, kAtOnce * sizeof(uint16_t));
      }
    });
    std::fill_n(to + block.rows.count * kRows, kLanes, uint16_t{0});
  }

  static HWY_INLINE void multiply(const Copies& scales, int64_t floats, float* x) {
    const Lanes d;
    for (int64_t i = 0; i < floats; i += kLanes) {
      alignas(64) float wide[kLanes];
      widen<kLanes>(scales + i, wide);
      hn::Store(hn::Mul(hn::Load(d, x + i), hn::Load(d, wide)), d, x + i);
    }
  }

  alignas(64) Copies keys_;
  alignas(64) Copies values_;
};

/// Of kQ8_0: one for each group of a row's elements.
class GroupScales {
 public:
  explicit GroupScales(const KeyBlock& block) : block_(block) {}
  const float* of_keys() { return widened(block_.narrow_k.scales); }
  /// What of_keys() returned is overwritten.
  const float* of_values() { return widened(block_.narrow_v.scales); }
  void multiply_scores(int64_t, float*) {}
  void multiply_weights(int64_t, float*) {}

 private:
  const float* widened(const uint16_t* scales) {
    assert(block_.rows.count <= kMostKeys && "A block has more keys than there is room for");
    const int64_t groups = block_.head_dim / kScaleGroup;
    if (groups % 4 == 0) {
      widen_all<4>(scales, groups);
    } else if (groups % 2 == 0) {
      widen_all<2>(scales, groups);
    } else {
      widen_all<1>(scales, groups);
    }
    return wide_;
  }

  template <int kAtOnce>
  void widen_all(const uint16_t* scales, int64_t groups) {
    for_each_row_of_scales(block_, scales, groups, [&](const uint16_t* from, int64_t key) {
      for (int64_t i = 0; i < groups; i += kAtOnce) {
        widen<kAtOnce>(from + i, wide_ + key * groups + i);
      }
    });
  }

  const KeyBlock& block_;
  alignas(64) float wide_[kMostKeys * kMostGroups];
};

template <class Load, int kRows>
using ScalesOf = std::conditional_t<
    Load::kElementsOfScale == kScaleGroup, GroupScales,
    std::conditional_t<Load::kElementsOfScale == kWholeRow, RowScales<kRows>, NoScales>>;

}  // namespace attnbench::kernels
