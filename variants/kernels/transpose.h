// Rows of floats into columns and back, a vector of rows at a time.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// Transposes four by four floats in each 128-bit block: x[i] of lane r becomes x[r] of lane i.
HWY_INLINE void transpose_blocks(Vec (&x)[4]) {
  const Lanes d;
  const hn::Repartition<double, Lanes> pairs;
  const auto ab_lower = hn::BitCast(pairs, hn::InterleaveLower(d, x[0], x[1]));
  const auto ab_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, x[0], x[1]));
  const auto ce_lower = hn::BitCast(pairs, hn::InterleaveLower(d, x[2], x[3]));
  const auto ce_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, x[2], x[3]));
  x[0] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_lower, ce_lower));
  x[1] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_lower, ce_lower));
  x[2] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_upper, ce_upper));
  x[3] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_upper, ce_upper));
}

/// Four floats from `dim` on of every fourth row, a block each.
template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const float* const* rows, int64_t dim) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    return hn::LoadU(d, rows[0] + dim);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, rows + hn::MaxLanes(half), dim),
                       load_blocks(half, rows, dim));
  }
}

/// The reverse of load_blocks.
template <class D>
HWY_INLINE void store_blocks(D d, hn::Vec<D> x, float* const* rows, int64_t dim) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    hn::StoreU(x, d, rows[0] + dim);
  } else {
    const hn::Half<D> half;
    store_blocks(half, hn::LowerHalf(half, x), rows, dim);
    store_blocks(half, hn::UpperHalf(half, x), rows + hn::MaxLanes(half), dim);
  }
}

/// to[i][lane] = rows[lane][i] * scale for i < floats; `lanes`, whole vectors of them, are the
/// pitch of to.
HWY_INLINE void transpose(const float* const* rows, int64_t lanes, int64_t floats, float scale,
                          float* to) {
  const int64_t quads = floats / 4 * 4;
  for (int64_t lane = 0; lane < lanes; lane += kLanes) {
    float* at = to + lane;
    for (int64_t i = 0; i < quads; i += 4) {
      Vec x[4];
      for (int r = 0; r < 4; ++r) {
        x[r] = hn::Mul(load_blocks(Lanes(), rows + lane + r, i), hn::Set(Lanes(), scale));
      }
      transpose_blocks(x);
      for (int r = 0; r < 4; ++r, at += lanes) hn::Store(x[r], Lanes(), at);
    }
  }
  for (int64_t i = quads; i < floats; ++i) {
    for (int64_t lane = 0; lane < lanes; ++lane) to[i * lanes + lane] = rows[lane][i] * scale;
  }
}

}  // namespace attnbench::kernels
