// 2^x on SIMD lanes: the exponential of every softmax here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "kernels/simd.h"

namespace attnbench::kernels {

inline constexpr float kLog2E = 1.44269504088896341f;
inline constexpr float kLn2 = 0.69314718055994531f;

/// Adding 1.5 * 2^23 to a float rounds it to the nearest integer, and leaves that in the low bits
/// of the mantissa.
inline constexpr float kRoundingShift = 12582912.0f;

// exp2() and weights() are written twice: for AVX-512, and for instruction sets without its help.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// AVX-512 has an instruction for x - floor(x), and one for p * 2^floor(x), which is 0 for x =
// -infinity. A weight takes nine instructions with them instead of 13; all of these use the ports
// of FMA, which are what weights wait for.
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

/// Coefficients of a polynomial for 2^r on [0, 1), highest power first. It is minimax for the
/// relative error, which is 1.4e-8 with these rounded coefficients.
inline constexpr float kExp2[] = {2.1702254889532924e-4f,
                                  1.2439688434824347e-3f,
                                  9.678840637207031e-3f,
                                  5.5483341217041016e-2f,
                                  0.24022984504699707f,
                                  0.6931470036506653f,
                                  1.0f};

/// The same with one term fewer. The error is 9.0e-8, about as much as rounding adds to a weight.
inline constexpr float kWeight[] = {1.8775766948238015e-3f, 8.98933969438076e-3f,
                                    5.582631751894951e-2f,  0.24015361070632935f,
                                    0.6931530833244324f,    0.9999999403953552f};

/// Turns each x into 2^x, by the polynomial `terms`.
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

/// 2^x for x up to 127, with an error of about one ulp. For x below -126 it is less than 2^-126,
/// which is negligible beside any weight that counts; it is zero for -infinity, and if denormals
/// are flushed to zero for all these x.
template <class D>
HWY_INLINE hn::Vec<D> exp2(D d, hn::Vec<D> x) {
  hn::Vec<D> power[] = {x};
  raise(d, kExp2, power);
  return power[0];
}

/// p times 2^n for n = shifted - kRoundingShift.
template <int, class D>
HWY_INLINE hn::Vec<D> times_power(D, hn::Vec<D> p, hn::Vec<D> n, hn::Vec<D>) {
  return hn::Vec<D>{scaled(p.raw, n.raw)};
}

/// Whether weights() makes zero of -infinity, which is what a hidden key scores.
inline constexpr bool kHiddenWeighsNothing = true;

/// What weights() makes of a score that equals its reference.
inline constexpr float kWeightUnit = 1;

/// Turns each score x into 2^(x - reference), with a relative error of 1.5e-7; into zero if x is
/// -infinity. The vectors are computed side by side.
template <class D, size_t kCount>
HWY_INLINE void weights(D d, hn::Vec<D> reference, hn::Vec<D> (&x)[kCount]) {
  for (auto& each : x) each = hn::Sub(each, reference);
  raise(d, kWeight, x);
}

#else

/// Coefficients of a polynomial for 2^r on [-1/2, 1/2], highest power first. It is minimax for the
/// relative error, which is 1.6e-8 with these rounded coefficients.
inline constexpr double kExp2[] = {1.5345812425948679e-4,
                                   1.3399930903688073e-3,
                                   9.618489071726799e-3,
                                   5.550328642129898e-2,
                                   0.24022646248340607,
                                   0.6931471824645996,
                                   1.0};
inline constexpr int kExp2Degree = 6;

/// 2^x for x up to 127, with an error of about one ulp. For x below -126, -infinity included, it is
/// 2^-126: negligible beside any weight that counts, and never a denormal, which some CPUs multiply
/// very slowly.
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

/// p times 2^n for n = shifted - kRoundingShift, if p is from 2^(kExponent - 1) to 2^(kExponent +
/// 1), n is at least -2^22 and the product below 2^128. It is zero if n is so low that the exponent
/// might not fit.
template <int kExponent, class D>
HWY_INLINE hn::Vec<D> times_power(D d, hn::Vec<D> p, hn::Vec<D> n, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  const auto product = hn::BitCast(d, hn::Add(hn::BitCast(di, p), exponent));
  return hn::IfThenZeroElse(hn::Lt(n, hn::Set(d, -125.0f - kExponent)), product);
}

/// The same with one term fewer. The error is 7.5e-8, about as much as rounding adds to a weight.
inline constexpr double kWeight[] = {1.3276471997889204e-3, 9.675541334423296e-3,
                                     5.550713273480859e-2,  0.2402211972384108,
                                     0.6931469670647703,    1.0000000716546849};
inline constexpr int kWeightDegree = 5;

/// Whether weights() makes zero of -infinity, which is what a hidden key scores.
inline constexpr bool kHiddenWeighsNothing = false;

/// What weights() makes of a score that equals its reference: see there.
inline constexpr float kWeightUnit = static_cast<float>(1 / (1024 * kWeight[0]));

/// Turns each score x into 2^(x - reference) times a constant of about 0.74, with a relative error
/// of 1.5e-7. Scores may be up to 100 above the reference. A score more than 125 below it,
/// -infinity included, gets the weight of one that is 125 below.
///
/// The constant does no harm, because the sum of weights, by which a softmax divides, has it too.
/// It comes from dividing the polynomial by kWeight[0]: one that begins with r + constant saves an
/// FMA. The exponent takes off most of that factor again (-10), lest large values overflow.
///
/// The vectors are computed side by side, because the CPU does not look far enough ahead to fill
/// the gaps between the dependent steps of one vector.
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

/// Coefficients of a polynomial for e^r on [-ln(2) / 2, ln(2) / 2], highest power first. It is
/// minimax for the relative error, which is 1.7e-8 with these rounded coefficients.
inline constexpr float kExp[] = {1.3836835278198123e-3f,
                                 8.374824188649654e-3f,
                                 4.166822507977486e-2f,
                                 0.16666419804096222f,
                                 0.49999991059303284f,
                                 1.0f,
                                 1.0f};

/// e^x times 2^kExponent for x from -200 to 88 - kExponent ln(2), above which it might overflow:
/// within two units in the last place. What is less than 2^-124 may be zero instead.
template <int kExponent = 0, class D>
HWY_INLINE hn::Vec<D> exp(D d, hn::Vec<D> x) {
  constexpr auto kScale = static_cast<float>(int64_t{1} << kExponent);
  // e^x is 2^n e^r with the whole number n nearest to x log2(e).
  const auto shift = hn::Set(d, kRoundingShift);
  const auto shifted = hn::MulAdd(x, hn::Set(d, kLog2E), shift);
  const auto n = hn::Sub(shifted, shift);
  // The first product has to be exact: it is within an FMA, and for a factor of ten bits.
  constexpr float kHigh = HWY_NATIVE_FMA ? kLn2 : 0.693359375f;
  constexpr auto kLow = static_cast<float>(0.6931471805599453 - double{kHigh});
  auto r = hn::NegMulAdd(n, hn::Set(d, kHigh), x);
  r = hn::NegMulAdd(n, hn::Set(d, kLow), r);
  auto p = hn::Set(d, kExp[0] * kScale);
  for (size_t k = 1; k < std::size(kExp); ++k) p = hn::MulAdd(p, r, hn::Set(d, kExp[k] * kScale));
  return times_power<kExponent>(d, p, n, shifted);
}

/// exp2() of one number.
inline float exp2_of(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(exp2(d, hn::Set(d, x)));
}

/// Turns kCount vectors of scores, which are `pitch` floats apart, into weights relative to
/// `reference`. Adds the weights to sum, calls keep(weights, where their scores stand) for each
/// vector, and moves `scores` past them.
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
