// The derivative of softcap.
#pragma once

#include "kernels/simd.h"

namespace attnbench::kernels {

/// The slope of cap * tanh(x / cap), which is 1 - tanh^2, from the capped scores and 1 / cap.
template <class D>
HWY_INLINE hn::Vec<D> softcap_slope(D d, hn::Vec<D> capped, hn::Vec<D> inverse_cap) {
  const auto tanh = hn::Mul(capped, inverse_cap);
  return hn::NegMulAdd(tanh, tanh, hn::Set(d, 1.0f));
}

}  // namespace attnbench::kernels
