// Turns rows of floats into columns and back, as many rows at a time as a vector has lanes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// Transposes kLanes vectors by halves: each half of the vectors, restricted to either half of
/// their floats, is a square, and in each square element r of row i becomes element i of row r. If
/// kLanes is 4, the four vectors are transposed as one square.
HWY_INLINE void transpose_halves(Vec (&x)[kLanes]) {
  const Lanes d;
  const hn::Repartition<double, Lanes> pairs;
  if constexpr (kLanes == 16) {
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

/// Transposes kLanes vectors: element r of x[i] becomes element i of x[r].
HWY_INLINE void transpose_square(Vec (&x)[kLanes]) {
  const Lanes d;
  constexpr int kHalf = kLanes / 2;
  for (int i = 0; kLanes > 4 && i < kHalf; ++i) {
    const Vec a = x[i], b = x[i + kHalf];
    x[i] = hn::ConcatLowerLower(d, b, a);
    x[i + kHalf] = hn::ConcatUpperUpper(d, b, a);
  }
  transpose_halves(x);
}

/// Loads kLanes rows, where row(r) points to row r, and transposes them. It loads half vectors,
/// which saves a quarter of the shuffles. All shuffles use one port, so that this takes 0.7 of the
/// time. (Storing half vectors would gain nothing.)
template <class RowOf>
HWY_INLINE void load_square(const RowOf& row, Vec (&x)[kLanes]) {
  const Lanes d;
  constexpr int kHalf = kLanes / 2;
  if constexpr (kLanes == 4) {
    for (int r = 0; r < kLanes; ++r) x[r] = hn::LoadU(d, row(r));
  } else {
    const hn::Half<Lanes> half;
    for (int r = 0; r < kHalf; ++r) {
      const float* const a = row(r);
      const float* const b = row(r + kHalf);
      x[r] = hn::Combine(d, hn::LoadU(half, b), hn::LoadU(half, a));
      x[r + kHalf] = hn::Combine(d, hn::LoadU(half, b + kHalf), hn::LoadU(half, a + kHalf));
    }
  }
  transpose_halves(x);
}

/// Cuts `floats` columns into squares of kLanes columns, and calls visit(begin) for each square. If
/// columns are left over, the last square overlaps the one before it. If there are fewer than
/// kLanes columns, there is no square.
template <class Visit>
HWY_INLINE void for_each_square(int64_t floats, const Visit& visit) {
  for (int64_t i = 0; floats >= kLanes && i < floats; i += kLanes) {
    visit(std::min(i, floats - kLanes));
  }
}

/// Sets to[i][lane] = rows[lane][i] * scale for i < floats. A row of `to` is `lanes` floats, a
/// multiple of kLanes. If not kScales, it copies bits, and a row may lie at any address.
template <bool kScales = true>
HWY_INLINE void transpose(const float* const* rows, int64_t lanes, int64_t floats, float scale,
                          float* to) {
  const Lanes d;
  for (int64_t lane = 0; lane < lanes; lane += kLanes) {
    for_each_square(floats, [&](int64_t i) HWY_ATTR {
      Vec x[kLanes];
      load_square([&](int r) { return rows[lane + r] + i; }, x);
      for (int r = 0; r < kLanes; ++r) {
        if constexpr (kScales) x[r] = hn::Mul(x[r], hn::Set(d, scale));
        hn::Store(x[r], d, to + (i + r) * lanes + lane);
      }
    });
  }
  for (int64_t i = 0; floats < kLanes && i < floats; ++i) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      if constexpr (kScales) {
        to[i * lanes + lane] = rows[lane][i] * scale;
      } else {
        std::memcpy(to + i * lanes + lane, rows[lane] + i, sizeof(float));
      }
    }
  }
}

}  // namespace attnbench::kernels
