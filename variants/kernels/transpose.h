// Rows of floats into columns and back, a vector of rows at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// Of kLanes vectors, element r of x[i] becomes element i of x[r].
HWY_INLINE void transpose_square(Vec (&x)[kLanes]) {
  const Lanes d;
  const hn::Repartition<double, Lanes> pairs;
  if constexpr (kLanes == 16) {
    for (int i = 0; i < 8; ++i) {
      const Vec a = x[i], b = x[i + 8];
      x[i] = hn::ConcatLowerLower(d, b, a);
      x[i + 8] = hn::ConcatUpperUpper(d, b, a);
    }
  }
  if constexpr (kLanes >= 8) {
    for (int half = 0; half < kLanes; half += 8) {
      for (int i = half; i < half + 4; ++i) {
        const Vec a = x[i], b = x[i + 4];
        x[i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
        x[i + 4] = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
      }
    }
  }
  for (int i = 0; i < kLanes; i += 4) {
    const auto ab_lower = hn::BitCast(pairs, hn::InterleaveLower(d, x[i], x[i + 1]));
    const auto ab_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, x[i], x[i + 1]));
    const auto ce_lower = hn::BitCast(pairs, hn::InterleaveLower(d, x[i + 2], x[i + 3]));
    const auto ce_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, x[i + 2], x[i + 3]));
    x[i] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_lower, ce_lower));
    x[i + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_lower, ce_lower));
    x[i + 2] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_upper, ce_upper));
    x[i + 3] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_upper, ce_upper));
  }
}

/// Where the squares of `floats` floats begin: one after the other, the last as far back as it must
/// to fit. Calls visit(begin) for each; there are none where a vector would not fit.
template <class Visit>
HWY_INLINE void for_each_square(int64_t floats, const Visit& visit) {
  for (int64_t i = 0; floats >= kLanes && i < floats; i += kLanes) {
    visit(std::min(i, floats - kLanes));
  }
}

/// to[i][lane] = rows[lane][i] * scale for i < floats; `lanes`, whole vectors of them, are the
/// pitch of to.
HWY_INLINE void transpose(const float* const* rows, int64_t lanes, int64_t floats, float scale,
                          float* to) {
  const Lanes d;
  for (int64_t lane = 0; lane < lanes; lane += kLanes) {
    for_each_square(floats, [&](int64_t i) HWY_ATTR {
      Vec x[kLanes];
      for (int r = 0; r < kLanes; ++r) x[r] = hn::LoadU(d, rows[lane + r] + i);
      transpose_square(x);
      for (int r = 0; r < kLanes; ++r) {
        hn::Store(hn::Mul(x[r], hn::Set(d, scale)), d, to + (i + r) * lanes + lane);
      }
    });
  }
  for (int64_t i = 0; floats < kLanes && i < floats; ++i) {
    for (int64_t lane = 0; lane < lanes; ++lane) to[i * lanes + lane] = rows[lane][i] * scale;
  }
}

}  // namespace attnbench::kernels
