// 2^x on SIMD lanes: the exponential of every softmax here.
#pragma once

#include "kernels/simd.h"

namespace attnbench::kernels {

inline constexpr float kLog2E = 1.44269504088896341f;

/// 2^x for x up to 127, to about one ulp. Below -126, -infinity included, it is 2^-126: negligible
/// beside any weight that counts, and never a denormal, which some CPUs multiply very slowly.
template <class D>
HWY_INLINE hn::Vec<D> exp2(D d, hn::Vec<D> x) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits of the mantissa.
  const auto magic = hn::Set(d, 12582912.0f);
  x = hn::Max(hn::Set(d, -126.0f), x);
  const auto shifted = hn::Add(x, magic);
  const auto r = hn::Sub(x, hn::Sub(shifted, magic));
  // Minimax for the relative error on [-1/2, 1/2]: 1.6e-8 with these rounded coefficients.
  auto p = hn::Set(d, 1.5345812425948679e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3399930903688073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 9.618489071726799e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.550328642129898e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.24022646248340607f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.6931471824645996f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

/// The same of one number.
inline float exp2_of(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(exp2(d, hn::Set(d, x)));
}

}  // namespace attnbench::kernels
