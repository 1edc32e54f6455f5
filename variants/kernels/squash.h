// tanh and the sigmoid on SIMD lanes, within a few units in the last place.
#pragma once

#include "kernels/exp2.h"

namespace attnbench::kernels {

/// The largest exponent that exp2() is asked for. (For NaN Min yields its second argument.)
template <class D>
HWY_INLINE hn::Vec<D> exp2_of_at_most_126(D d, hn::Vec<D> x) {
  return exp2(d, hn::Min(hn::Set(d, 126.0f), x));
}

/// tanh(x). Beyond 0.625 it is 1 - 2 / (e^2|x| + 1), with the sign of x; nearer to zero, where that
/// difference would cancel, the polynomial of Cephes' tanhf (Moshier 1989).
template <class D>
HWY_INLINE hn::Vec<D> tanh(D d, hn::Vec<D> x) {
  constexpr float kTerms[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                              1.33314422036e-1f, -3.33332819422e-1f};
  const auto size = hn::Abs(x);
  const auto one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  const auto power = exp2_of_at_most_126(d, hn::Mul(size, hn::Set(d, 2 * kLog2E)));
  const auto far = hn::Sub(one, hn::Div(two, hn::Add(power, one)));
  const auto square = hn::Mul(x, x);
  auto p = hn::Set(d, kTerms[0]);
  for (int i = 1; i < 5; ++i) p = hn::MulAdd(p, square, hn::Set(d, kTerms[i]));
  const auto near = hn::MulAdd(hn::Mul(p, square), x, x);
  return hn::IfThenElse(hn::Lt(size, hn::Set(d, 0.625f)), near, hn::CopySignToAbs(far, x));
}

/// 1 / (1 + e^-x).
template <class D>
HWY_INLINE hn::Vec<D> sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f);
  const auto power = exp2_of_at_most_126(d, hn::Mul(x, hn::Set(d, -kLog2E)));
  return hn::Div(one, hn::Add(one, power));
}

}  // namespace attnbench::kernels
