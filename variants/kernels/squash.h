// tanh and the sigmoid on SIMD lanes, within a few units in the last place.
#pragma once

#include "kernels/exp2.h"

namespace attnbench::kernels {

/// tanh(x). Beyond 0.625 it is 1 - 2 / (e^2|x| + 1), with the sign of x; nearer to zero, where that
/// difference would cancel, the polynomial of Cephes' tanhf (Moshier 1989).
template <class D>
HWY_INLINE hn::Vec<D> tanh(D d, hn::Vec<D> x) {
  constexpr float kTerms[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                              1.33314422036e-1f, -3.33332819422e-1f};
  const auto size = hn::Abs(x);
  const auto one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  // For NaN Min yields its second argument.
  const auto power = exp2(d, hn::Min(hn::Set(d, 126.0f), hn::Mul(size, hn::Set(d, 2 * kLog2E))));
  const auto far = hn::Sub(one, hn::Div(two, hn::Add(power, one)));
  const auto square = hn::Mul(x, x);
  auto p = hn::Set(d, kTerms[0]);
  for (int i = 1; i < 5; ++i) p = hn::MulAdd(p, square, hn::Set(d, kTerms[i]));
  const auto near = hn::MulAdd(hn::Mul(p, square), x, x);
  return hn::IfThenElse(hn::Lt(size, hn::Set(d, 0.625f)), near, hn::CopySignToAbs(far, x));
}

/// 1 / (1 + e^-x), or if x is below -87 a number below 2e-38.
template <class D>
HWY_INLINE hn::Vec<D> sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f), most = hn::Set(d, 87.0f);
  // For NaN Min and Max yield their second argument.
  const auto power = exp(d, hn::Max(hn::Neg(most), hn::Min(most, hn::Neg(x))));
  return hn::Div(one, hn::Add(one, power));
}

}  // namespace attnbench::kernels
