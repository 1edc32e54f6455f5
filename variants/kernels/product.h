// The product of both halves of attention on transposed tiles: lanes are queries.
#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace attnbench::kernels {

using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;
inline constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Lanes()));

/// How a product reads its rows: K as it lies gives scores, V read down its columns gives outputs.
enum class Rows {
  kKeys,    ///< Element (r, i) is a[r * stride + i]; the result replaces c.
  kValues,  ///< Element (r, i) is a[i * stride + r]; the result is added to c.
};

/// Rows that one pass keeps in accumulators: enough to hide the latency of FMA, and with three
/// vectors the most that leaves 16 registers room for the operands.
constexpr int rows_at_once(int vectors) {
  return vectors == 1 ? 8 : 4;
}

/// Keeps a loaded vector in its register. GCC 12 otherwise reads it again from memory for each FMA
/// that uses it, and the loads, not the FMAs, then set the pace.
HWY_INLINE void keep_in_register([[maybe_unused]] Vec& x) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  __asm__("" : "+v"(x.raw));
#endif
}

/// c[r][:] = or += sum over i < depth of (r, i) * b[i][:], for kRows rows; b and c are rows of
/// kVectors vectors. A block's sum is complete before it joins c, which keeps rounding errors from
/// growing with the number of keys.
template <Rows kOrder, int kRows, int kVectors>
HWY_INLINE void multiply_pass(const float* HWY_RESTRICT a, int64_t stride,
                              const float* HWY_RESTRICT b, int64_t depth, float* HWY_RESTRICT c) {
  const Lanes d;
  Vec sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  // Unrolled, a step is 20.5 instead of 23 instructions, 12 of them FMAs: 1 to 4 % of the time
  // where another hardware thread uses the core.
#pragma GCC unroll 4
  for (int64_t i = 0; i < depth; ++i) {
    Vec column[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      column[v] = hn::Load(d, b + v * kLanes);
      keep_in_register(column[v]);
    }
    for (int r = 0; r < kRows; ++r) {
      const Vec factor = hn::Set(d, kOrder == Rows::kKeys ? a[r * stride + i] : a[i * stride + r]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(factor, column[v], sums[r][v]);
    }
    b += kVectors * kLanes;
  }
  for (auto& row : sums) {
    for (Vec& sum : row) {
      if constexpr (kOrder == Rows::kValues) sum = hn::Add(sum, hn::Load(d, c));
      hn::Store(sum, d, c);
      c += kLanes;
    }
  }
}

/// Asks for `floats` floats at `from` that are needed soon.
HWY_INLINE void prefetch(const float* from, int64_t floats) {
  constexpr int64_t kLineFloats = 16;
  for (int64_t i = 0; i < floats; i += kLineFloats) hwy::Prefetch(from + i);
}

/// The same for any number of rows. Reads nothing outside those rows. A pass at a time it asks for
/// as many floats at `next`, unless that is null: K and V stream past few queries faster than
/// strided reads alone would fetch them.
template <Rows kOrder, int kVectors>
void multiply(const float* a, int64_t rows, int64_t stride, const float* b, int64_t depth, float* c,
              const float* next) {
  constexpr int kAtOnce = rows_at_once(kVectors);
  const int64_t row_step = kOrder == Rows::kKeys ? stride : 1;
  int64_t r = 0;
  for (; r + kAtOnce <= rows; r += kAtOnce) {
    if (next != nullptr) prefetch(next + r * depth, kAtOnce * depth);
    multiply_pass<kOrder, kAtOnce, kVectors>(a + r * row_step, stride, b, depth,
                                             c + r * kVectors * kLanes);
  }
  for (; r < rows; ++r) {
    multiply_pass<kOrder, 1, kVectors>(a + r * row_step, stride, b, depth,
                                       c + r * kVectors * kLanes);
  }
}

}  // namespace attnbench::kernels
