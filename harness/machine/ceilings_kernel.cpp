// The loops that the ceilings time. This file is compiled with the variants' -march, so it includes
// no header with inline functions: the linker keeps one copy of such a function for the whole
// program, and that copy could use instructions that the rest must not assume.
#include "machine/ceilings_kernel.h"

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
#define START(sum) Vector sum = y * ++start;
#define STEP(sum) sum = sum * x + y;
#define GATHER(sum) total += sum;

constexpr int64_t kSums = 0 ALL_SUMS(COUNT);
constexpr int64_t kLanes = kVectorBytes / sizeof(float);

}  // namespace

const int64_t kFlopsPerRound = kSums * kLanes * 2;

namespace {

// One template instead of two functions, so that both loops are alike.
template <bool kCrowded>
#if defined(__clang__) && defined(__AVX512F__)
[[clang::min_vector_width(512)]]  // Otherwise Clang splits the vectors and spills the halves.
#endif
float
rounds_of(int64_t rounds, float factor, float addend) {
  const Vector zero{};
  const Vector x = zero + factor;
  const Vector y = zero + addend;
  float start = 0;
  ALL_SUMS(START)
  for (int64_t i = 0; i < rounds; ++i) {
    ALL_SUMS(STEP)
    if constexpr (kCrowded) {
      __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
      if constexpr (kSums > 12) __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    }
  }
  Vector total{};
  ALL_SUMS(GATHER)
  float result = 0;
  for (int lane = 0; lane < kLanes; ++lane) result += total[lane];
  return result;
}

}  // namespace

float fma_rounds(int64_t rounds, float factor, float addend) {
  return rounds_of<false>(rounds, factor, addend);
}

float crowded_fma_rounds(int64_t rounds, float factor, float addend) {
  return rounds_of<true>(rounds, factor, addend);
}

float read_sum(const float* data, int64_t n) {
  // Four streams are the fastest on Zen 5: 49 GB/s by one thread, against 47 of one and 42 of eight.
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
