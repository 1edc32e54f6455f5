// The loops that the ceilings time. This file is compiled with the variants' -march, so it includes
// no header with inline functions that are no part of the compiler: the linker keeps one copy of
// such a function for the whole program, and that copy could use instructions that the rest must
// not assume. Those of immintrin.h are inlined always.
#include "machine/ceilings_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace attnbench::machine {
namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
typedef float Vector __attribute__((vector_size(kVectorBytes)));
/// The same at any address that a float may have.
typedef float LooseVector __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
typedef unsigned Words __attribute__((vector_size(kVectorBytes)));

// Twelve sums keep two FMA units with a latency of up to six cycles busy, and they fit into 16
// registers together with both operands. If there are 32 registers, twenty-four sums also keep four
// units busy. Each sum is a variable of its own, because compilers keep an array in memory.
#define TWELVE(X, p) \
  X(p##0) X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) X(p##8) X(p##9) X(p##10) X(p##11)
#if defined(__AVX512F__) || defined(__aarch64__)
#define ALL_SUMS(X) TWELVE(X, a) TWELVE(X, b)
#else
#define ALL_SUMS(X) TWELVE(X, a)
#endif
#define COUNT(sum) +1
#define START(sum) typename Unit::Sum sum = Unit::first_sum(y, ++start);
#define STEP(sum) Unit::step(sum, x, y);
#define GATHER(sum) total += sum;

constexpr int64_t kSums = 0 ALL_SUMS(COUNT);
constexpr int64_t kLanes = kVectorBytes / sizeof(float);

/// float32: sum = sum * x + y.
struct Fma {
  using Sum = Vector;
  static constexpr int64_t kMultiplyAdds = 1;  ///< In each lane of 32 bits, a step.

  static Vector all(float value) { return Vector{} + value; }
  static Sum first_sum(Vector y, int start) { return y * static_cast<float>(start); }
  static void step(Sum& sum, Vector x, Vector y) { sum = sum * x + y; }
};

#if defined(__AVX512BF16__)
/// Pairs of bf16: sum += x[0] * y[0] + x[1] * y[1], in float32.
struct Bf16Pairs {
  using Sum = Vector;
  static constexpr int64_t kMultiplyAdds = 2;

  static __m512bh all(float value) {
    const __m512 values = _mm512_set1_ps(value);
    return _mm512_cvtne2ps_pbh(values, values);
  }
  static Sum first_sum(__m512bh, int start) { return Vector{} + static_cast<float>(start); }
  static void step(Sum& sum, __m512bh x, __m512bh y) { sum = _mm512_dpbf16_ps(sum, x, y); }
};
#endif

#if defined(__AVX512VNNI__) || (defined(__AVXVNNI__) && !defined(__AVX512F__))
#define ATTNBENCH_HAS_INT8
/// Fours of int8: sum += the four products of a byte of x and one of y, in int32. The bytes are
/// kParts times factor and addend, both from 0 to 15.
struct Int8Fours {
  using Sum = Words;
  static constexpr int64_t kMultiplyAdds = 4;
  static constexpr float kParts = 8;

  static Words all(float value) {
    return Words{} + static_cast<unsigned char>(kParts * value) * 0x01010101u;
  }
  static Sum first_sum(Words, int start) { return Words{} + static_cast<unsigned>(start); }
  static void step(Sum& sum, Words x, Words y) {
#if defined(__AVX512VNNI__)
    sum = reinterpret_cast<Words>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum),
                                                      reinterpret_cast<__m512i>(x),
                                                      reinterpret_cast<__m512i>(y)));
#else
    sum = reinterpret_cast<Words>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum),
                                                          reinterpret_cast<__m256i>(x),
                                                          reinterpret_cast<__m256i>(y)));
#endif
  }
};
#endif

// One template instead of a function for each unit, so that all loops are alike.
template <class Unit, bool kCrowded>
#if defined(__clang__) && defined(__AVX512F__)
[[clang::min_vector_width(512)]]  // Otherwise Clang splits the vectors and spills the halves.
#endif
float
rounds_of(int64_t rounds, float factor, float addend) {
  const auto x = Unit::all(factor);
  const auto y = Unit::all(addend);
  int start = 0;
  ALL_SUMS(START)
  for (int64_t i = 0; i < rounds; ++i) {
    ALL_SUMS(STEP)
    if constexpr (kCrowded) {
      __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
      if constexpr (kSums > 12) __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    }
  }
  typename Unit::Sum total{};
  ALL_SUMS(GATHER)
  float result = 0;
  for (int lane = 0; lane < kLanes; ++lane) result += static_cast<float>(total[lane]);
  return result;
}

template <class Unit, bool kCrowded = false>
constexpr MultiplyAdds loop_of() {
  return {rounds_of<Unit, kCrowded>, 2 * Unit::kMultiplyAdds * kLanes * kSums};
}

}  // namespace

const MultiplyAdds kFma = loop_of<Fma>();
const MultiplyAdds kCrowdedFma = loop_of<Fma, true>();

#if defined(__AVX512BF16__)
const MultiplyAdds kBf16 = loop_of<Bf16Pairs>();
#else
const MultiplyAdds kBf16{};
#endif

#if defined(ATTNBENCH_HAS_INT8)
const MultiplyAdds kInt8 = loop_of<Int8Fours>();
#else
const MultiplyAdds kInt8{};
#endif

float read_sum(const float* data, int64_t n) {
  // Four streams are the fastest on Zen 5: 49 GB/s by one thread, against 47 of one and 42 of
  // eight.
  constexpr int64_t kStreams = 4, kStep = 2 * kLanes;
  const int64_t length = n / kStreams / kStep * kStep;
  Vector sums[2 * kStreams] = {};
  for (int64_t i = 0; i < length; i += kStep)
    for (int64_t s = 0; s < kStreams; ++s) {
      const float* const at = data + s * length + i;
      sums[2 * s] += *reinterpret_cast<const LooseVector*>(at);
      sums[2 * s + 1] += *reinterpret_cast<const LooseVector*>(at + kLanes);
    }
  Vector total{};
  for (const Vector& sum : sums) total += sum;
  float result = 0;
  for (int lane = 0; lane < kLanes; ++lane) result += total[lane];
  for (int64_t i = kStreams * length; i < n; ++i) result += data[i];
  return result;
}

void triad(float* __restrict a, const float* __restrict b, const float* __restrict c, float s,
           int64_t n) {
  for (int64_t i = 0; i < n; ++i) a[i] = b[i] + s * c[i];
}

}  // namespace attnbench::machine
