// Native products of bf16: a pair of neighbouring elements, 32 bits, takes a float's place in the
// microkernel.
#pragma once

#include <cstdint>
#include <cstring>

#include "attnbench/problem.h"
#include "kernels/microkernel.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// Whether the CPU that the kernels are compiled for multiplies bf16 (AVX512-BF16).
#if defined(__AVX512BF16__) && HWY_ARCH_X86
inline constexpr bool kHasBf16 = kHasAvx512;
#else
inline constexpr bool kHasBf16 = false;
#endif

/// Whether the engine multiplies q, k and v of this problem as pairs of bf16, except by few rows
/// (decode.h).
constexpr bool multiplies_pairs(const Problem& p) {
  return kHasBf16 && p.dtype == Type::kBf16 && p.kv_dtype == Type::kBf16 && p.head_dim % 2 == 0;
}

/// For the microkernel: a is [.., depth], b [depth, lanes], and each of their elements is a pair of
/// bf16. Both products of a pair are added to the float in c. Two dims are a pair in q k^T, two
/// keys in weights v. Sums of q·k get `factor` in the end, because a factor that was folded into q
/// would have to be rounded to bf16.
///
/// vdpbf16ps takes subnormal numbers for zero, flushes subnormal results, and rounds to the nearest
/// whatever MXCSR says. A product of two bf16 is a float32 exactly, so that each pair adds at most
/// two roundings to its sum: no more than two FMAs of float32 do, for which the bounds of
/// measure/oracle.h are made. They also allow for zero in place of numbers near the smallest normal
/// float32. What is rounded beside is the weights (measure/truth.cpp).
struct Bf16Pairs {
  float factor = 1;

  static HWY_INLINE Vec broadcast(const float* pair) {
    float bits;  // The elements of a bf16 tensor may lie at any even address.
    std::memcpy(&bits, pair, sizeof bits);
    return hn::Set(Lanes(), bits);
  }
  static HWY_INLINE Vec add_product([[maybe_unused]] Vec a, [[maybe_unused]] Vec b, Vec sum) {
#if defined(__AVX512BF16__) && HWY_ARCH_X86
    if constexpr (kHasBf16) {
      return Vec{_mm512_dpbf16_ps(sum.raw, reinterpret_cast<__m512bh>(a.raw),
                                  reinterpret_cast<__m512bh>(b.raw))};
    }
#endif
    return sum;
  }
  HWY_INLINE Vec finish(Vec sum) const {
    return hn::Mul(sum, hn::Set(Lanes(), factor));
  }
};

/// In each lane the pair of two floats, rounded to bf16: the first one is in the lower half.
HWY_INLINE Vec round_to_pairs([[maybe_unused]] Vec first, [[maybe_unused]] Vec second) {
#if defined(__AVX512BF16__) && HWY_ARCH_X86
  if constexpr (kHasBf16) {
    const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second.raw, first.raw));
    alignas(64) static constexpr auto kInterleaved = [] {
      struct {
        uint16_t place[2 * kLanes];
      } from{};
      for (int i = 0; i < 2 * kLanes; ++i)
        from.place[i] = static_cast<uint16_t>(i / 2 + (i % 2) * kLanes);
      return from;
    }();
    const __m512i places = _mm512_load_si512(kInterleaved.place);
    return Vec{_mm512_castsi512_ps(_mm512_permutexvar_epi16(places, both))};
  }
#endif
  return first;
}

}  // namespace attnbench::kernels
