// 2^x on SIMD lanes: the exponential of every softmax here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

inline constexpr float kLog2E = 1.44269504088896341f;

/// Of 2^r on [-1/2, 1/2], highest power first: minimax for the relative error, which is 1.6e-8 with
/// these rounded coefficients.
inline constexpr double kExp2[] = {1.5345812425948679e-4,
                                   1.3399930903688073e-3,
                                   9.618489071726799e-3,
                                   5.550328642129898e-2,
                                   0.24022646248340607,
                                   0.6931471824645996,
                                   1.0};
inline constexpr int kExp2Degree = 6;

/// Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits of the mantissa.
inline constexpr float kRoundingShift = 12582912.0f;

/// 2^x for x up to 127, to about one ulp. Below -126, -infinity included, it is 2^-126: negligible
/// beside any weight that counts, and never a denormal, which some CPUs multiply very slowly.
template <class D>
HWY_INLINE hn::Vec<D> exp2(D d, hn::Vec<D> x) {
  const hn::RebindToSigned<D> di;
  const auto shift = hn::Set(d, kRoundingShift);
  x = hn::Max(hn::Set(d, -126.0f), x);
  const auto shifted = hn::Add(x, shift);
  const auto r = hn::Sub(x, hn::Sub(shifted, shift));
  auto p = hn::Set(d, static_cast<float>(kExp2[0]));
  for (int k = 1; k <= kExp2Degree; ++k) {
    p = hn::MulAdd(p, r, hn::Set(d, static_cast<float>(kExp2[k])));
  }
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
}

/// The same of one number.
inline float exp2_of(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(exp2(d, hn::Set(d, x)));
}

/// As kExp2, with one term fewer and an error of 7.5e-8: about what rounding adds to a weight.
inline constexpr double kWeight[] = {1.3276471997889204e-3, 9.675541334423296e-3,
                                     5.550713273480859e-2,  0.2402211972384108,
                                     0.6931469670647703,    1.0000000716546849};
inline constexpr int kWeightDegree = 5;

/// Each x becomes 2^-x times a constant of about 0.74, for x from -100 up, to 1.5e-7; from
/// 125 up, infinity included, that of 125. The sum of a softmax's weights, by which it divides,
/// holds the same factor; a polynomial that begins with r + constant saves an FMA, and its factor
/// of 1 / kWeight[0] all but leaves again with the exponent, lest large values overflow. Vectors
/// advance side by side, since the CPU looks too few steps ahead to fill the gaps between one
/// vector's.
template <class D, size_t kCount>
HWY_INLINE void weights(D d, hn::Vec<D> (&x)[kCount]) {
  const hn::RebindToSigned<D> di;
  const auto shift = hn::Set(d, kRoundingShift - 10);
  hn::Vec<D> shifted[kCount];
  hn::Vec<D> p[kCount];
  for (auto& each : x) each = hn::Min(hn::Set(d, 125.0f), each);
  for (size_t i = 0; i < kCount; ++i) shifted[i] = hn::Sub(shift, x[i]);
  for (size_t i = 0; i < kCount; ++i) x[i] = hn::Sub(hn::Sub(shift, shifted[i]), x[i]);
  for (int k = 1; k <= kWeightDegree; ++k) {
    const auto coefficient = hn::Set(d, static_cast<float>(kWeight[k] / kWeight[0]));
    for (size_t i = 0; i < kCount; ++i) {
      p[i] = k == 1 ? hn::Add(x[i], coefficient) : hn::MulAdd(p[i], x[i], coefficient);
    }
  }
  for (size_t i = 0; i < kCount; ++i) {
    const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted[i]));
    x[i] = hn::BitCast(d, hn::Add(hn::BitCast(di, p[i]), exponent));
  }
}

/// Turns kCount vectors of scores, `pitch` floats apart, into weights of `reference` minus them;
/// adds them to sum, calls keep(weights, where their scores are) for each and moves on past them.
template <size_t kCount, class D, class Keep>
HWY_INLINE void weigh_vectors(D d, hn::Vec<D> reference, int64_t pitch, float*& scores,
                              hn::Vec<D>& sum, const Keep& keep) {
  hn::Vec<D> x[kCount];
  for (size_t i = 0; i < kCount; ++i) {
    x[i] = hn::Sub(reference, hn::Load(d, scores + static_cast<int64_t>(i) * pitch));
  }
  weights(d, x);
  for (size_t i = 0; i < kCount; ++i, scores += pitch) {
    keep(x[i], scores);
    sum = hn::Add(sum, x[i]);
  }
}

}  // namespace attnbench::kernels
