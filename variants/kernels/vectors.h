// Sums over arrays of any length.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

/// Calls body(d, i) for each whole vector of n floats, then for each float that is left. It begins
/// at i, and d is its Highway tag.
template <class Body>
HWY_INLINE void for_each_vector(int64_t n, const Body& body) {
  const hn::ScalableTag<float> wide;
  const hn::CappedTag<float, 1> single;
  int64_t i = 0;
  for (; i + static_cast<int64_t>(hn::Lanes(wide)) <= n; i += hn::Lanes(wide)) body(wide, i);
  for (; i < n; ++i) body(single, i);
}

inline float dot(const float* a, const float* b, int64_t n) {
  auto sum = hn::Zero(hn::ScalableTag<float>());
  float rest = 0;
  for_each_vector(n, [&](auto d, int64_t i) {
    const auto x = hn::LoadU(d, a + i), y = hn::LoadU(d, b + i);
    if constexpr (hn::MaxLanes(d) == 1) {
      rest += hn::GetLane(hn::Mul(x, y));
    } else {
      sum = hn::MulAdd(x, y, sum);
    }
  });
  return hn::GetLane(hn::SumOfLanes(hn::ScalableTag<float>(), sum)) + rest;
}

/// sum += factor * x.
inline void add_scaled(float factor, const float* x, int64_t n, float* sum) {
  for_each_vector(n, [&](auto d, int64_t i) {
    hn::StoreU(hn::MulAdd(hn::Set(d, factor), hn::LoadU(d, x + i), hn::LoadU(d, sum + i)), d,
               sum + i);
  });
}

}  // namespace attnbench::kernels
