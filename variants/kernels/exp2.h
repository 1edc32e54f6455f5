// 2^x on SIMD lanes: the exponential of every softmax here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

inline constexpr float kLog2E = 1.44269504088896341f;

// exp2 and weights, by what the instruction set has.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// AVX-512 has an instruction for x - floor(x) and one for p * 2^floor(x), which is 0 for x =
// -infinity: a weight takes nine instructions instead of 13, which all wait for the ports of FMA.
HWY_INLINE __m128 fraction_of(__m128 x) {
  return _mm_reduce_ps(x, _MM_FROUND_TO_NEG_INF);
}
HWY_INLINE __m256 fraction_of(__m256 x) {
  return _mm256_reduce_ps(x, _MM_FROUND_TO_NEG_INF);
}
HWY_INLINE __m512 fraction_of(__m512 x) {
  return _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF);
}
HWY_INLINE __m128 scaled(__m128 p, __m128 x) {
  return _mm_scalef_ps(p, x);
}
HWY_INLINE __m256 scaled(__m256 p, __m256 x) {
  return _mm256_scalef_ps(p, x);
}
HWY_INLINE __m512 scaled(__m512 p, __m512 x) {
  return _mm512_scalef_ps(p, x);
}

/// Of 2^r on [0, 1), highest power first: minimax for the relative error, which is 1.4e-8 with
/// these rounded coefficients.
inline constexpr float kExp2[] = {2.1702254889532924e-4f,
                                  1.2439688434824347e-3f,
                                  9.678840637207031e-3f,
                                  5.5483341217041016e-2f,
                                  0.24022984504699707f,
                                  0.6931470036506653f,
                                  1.0f};

/// With one term fewer and an error of 9.0e-8: about what rounding adds to a weight.
inline constexpr float kWeight[] = {1.8775766948238015e-3f, 8.98933969438076e-3f,
                                    5.582631751894951e-2f,  0.24015361070632935f,
                                    0.6931530833244324f,    0.9999999403953552f};

/// Each x becomes 2^x.
template <class D, size_t kCount, size_t kTerms>
HWY_INLINE void raise(D d, const float (&terms)[kTerms], hn::Vec<D> (&x)[kCount]) {
  hn::Vec<D> r[kCount];
  hn::Vec<D> p[kCount];
  for (size_t i = 0; i < kCount; ++i) r[i] = hn::Vec<D>{fraction_of(x[i].raw)};
  for (auto& each : p) each = hn::Set(d, terms[0]);
  for (size_t k = 1; k < kTerms; ++k) {
    for (size_t i = 0; i < kCount; ++i) p[i] = hn::MulAdd(p[i], r[i], hn::Set(d, terms[k]));
  }
  for (size_t i = 0; i < kCount; ++i) x[i] = hn::Vec<D>{scaled(p[i].raw, x[i].raw)};
}

/// 2^x for x up to 127, to about one ulp. Below -126 it is less than 2^-126, which is negligible
/// beside any weight that counts, and zero where denormals are; for -infinity it is zero.
template <class D>
HWY_INLINE hn::Vec<D> exp2(D d, hn::Vec<D> x) {
  hn::Vec<D> power[] = {x};
  raise(d, kExp2, power);
  return power[0];
}

/// Whether weights() makes zero of -infinity, which is what a hidden key scores.
inline constexpr bool kHiddenWeighsNothing = true;

/// Each score x becomes 2^(x - reference), to 1.5e-7; zero for -infinity. Vectors advance side by
/// side.
template <class D, size_t kCount>
HWY_INLINE void weights(D d, hn::Vec<D> reference, hn::Vec<D> (&x)[kCount]) {
  for (auto& each : x) each = hn::Sub(each, reference);
  raise(d, kWeight, x);
}

#else

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

/// As kExp2, with one term fewer and an error of 7.5e-8: about what rounding adds to a weight.
inline constexpr double kWeight[] = {1.3276471997889204e-3, 9.675541334423296e-3,
                                     5.550713273480859e-2,  0.2402211972384108,
                                     0.6931469670647703,    1.0000000716546849};
inline constexpr int kWeightDegree = 5;

/// Whether weights() makes zero of -infinity, which is what a hidden key scores.
inline constexpr bool kHiddenWeighsNothing = false;

/// Each score x becomes 2^(x - reference) times a constant of about 0.74, to 1.5e-7, for scores up
/// to 100 above the reference; from 125 below it, -infinity included, it is that of 125. The sum of
/// a softmax's weights, by which it divides, holds the same factor; a polynomial that begins with r
/// + constant saves an FMA, and its factor of 1 / kWeight[0] all but leaves again with the
/// exponent, lest large values overflow. Vectors advance side by side, since the CPU looks too few
/// steps ahead to fill the gaps between one vector's.
template <class D, size_t kCount>
HWY_INLINE void weights(D d, hn::Vec<D> reference, hn::Vec<D> (&x)[kCount]) {
  const hn::RebindToSigned<D> di;
  const auto shift = hn::Set(d, kRoundingShift - 10);
  hn::Vec<D> shifted[kCount];
  hn::Vec<D> p[kCount];
  for (auto& each : x) each = hn::Min(hn::Set(d, 125.0f), hn::Sub(reference, each));
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

#endif

/// exp2 of one number.
inline float exp2_of(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(exp2(d, hn::Set(d, x)));
}

/// Turns kCount vectors of scores, `pitch` floats apart, into weights relative to `reference`; adds
/// them to sum, calls keep(weights, where their scores are) for each and moves on past them.
template <size_t kCount, class D, class Keep>
HWY_INLINE void weigh_vectors(D d, hn::Vec<D> reference, int64_t pitch, float*& scores,
                              hn::Vec<D>& sum, const Keep& keep) {
  hn::Vec<D> x[kCount];
  for (size_t i = 0; i < kCount; ++i) {
    x[i] = hn::Load(d, scores + static_cast<int64_t>(i) * pitch);
  }
  weights(d, reference, x);
  for (size_t i = 0; i < kCount; ++i, scores += pitch) {
    keep(x[i], scores);
    sum = hn::Add(sum, x[i]);
  }
}

}  // namespace attnbench::kernels
