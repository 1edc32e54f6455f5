// The product of both halves of attention on transposed tiles: lanes are queries.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/keys.h"
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
inline constexpr int kRowsAtOnce = 4;

/// One vector of queries takes two dims at a time, which fills two vectors of pairs: the even
/// queries' and the odd ones'. A broadcast pair then feeds two FMAs; a broadcast float would feed
/// one, and loads would set the pace.
constexpr bool in_pairs(int vectors) {
  return vectors == 1;
}

/// Keeps a loaded vector in its register. GCC 12 otherwise reads it again from memory for each FMA
/// that uses it, and the loads, not the FMAs, then set the pace.
HWY_INLINE void keep_in_register([[maybe_unused]] Vec& x) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  __asm__("" : "+v"(x.raw));
#endif
}

/// Two floats in turn in all lanes.
HWY_INLINE Vec broadcast_pair(const float* from) {
  double pair;
  std::memcpy(&pair, from, sizeof(pair));
  return hn::BitCast(Lanes(), hn::Set(hn::Repartition<double, Lanes>(), pair));
}

/// c[r][:] = or += sum over i < depth of (r, i) * b[i][:], for kRows rows; b and c are rows of
/// kVectors vectors. In pairs, that of r and i which counts dims counts pairs of them. Where kRun
/// is not 0, every so many i stand `run_stride` after those before. A block's sum is complete
/// before it joins c, which keeps rounding errors from growing with the number of keys.
template <Rows kOrder, int kRows, int kVectors, int kRun = 0>
HWY_INLINE void multiply_pass(const float* HWY_RESTRICT a, int64_t stride,
                              const float* HWY_RESTRICT b, int64_t depth, float* HWY_RESTRICT c,
                              int64_t run_stride = 0) {
  const Lanes d;
  constexpr int kColumns = in_pairs(kVectors) ? 2 : kVectors;
  constexpr int kWidth = in_pairs(kVectors) ? 2 : 1;
  Vec sums[kRows][kColumns];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  const int64_t run = kRun == 0 ? depth : kRun;
  for (; depth > 0; depth -= run) {
    // Unrolled, a step is 20.5 instead of 23 instructions, 12 of them FMAs: 1 to 4 % of the time
    // where another hardware thread uses the core.
#pragma GCC unroll 4
    for (int64_t i = 0; i < run; ++i) {
      Vec column[kColumns];
      for (int v = 0; v < kColumns; ++v) {
        column[v] = hn::Load(d, b + v * kLanes);
        keep_in_register(column[v]);
      }
      for (int r = 0; r < kRows; ++r) {
        const float* element =
            a + (kOrder == Rows::kKeys ? r * stride + i * kWidth : i * stride + r * kWidth);
        Vec factor;
        if constexpr (in_pairs(kVectors)) {
          factor = broadcast_pair(element);
          keep_in_register(factor);
        } else {
          factor = hn::Set(d, *element);
        }
        for (int v = 0; v < kColumns; ++v) sums[r][v] = hn::MulAdd(factor, column[v], sums[r][v]);
      }
      b += kColumns * kLanes;
    }
    if constexpr (kRun != 0) a += run_stride;
  }
  for (auto& row : sums) {
    if constexpr (in_pairs(kVectors) && kOrder == Rows::kKeys) {
      const Vec even = hn::Add(row[0], hn::Shuffle2301(row[0]));
      const Vec odd = hn::Add(row[1], hn::Shuffle2301(row[1]));
      hn::Store(hn::OddEven(odd, even), d, c);
      c += kLanes;
    } else {
      for (Vec& sum : row) {
        if constexpr (kOrder == Rows::kValues) sum = hn::Add(sum, hn::Load(d, c));
        hn::Store(sum, d, c);
        c += kLanes;
      }
    }
  }
}

/// Scores of all keys: c[key][:] = sum over dim of k[key][dim] * q[dim][:].
template <int kVectors>
HWY_NOINLINE void multiply_k(const float* k, const KeyRows& keys, int64_t head_dim, const float* q,
                             float* c, Ahead ahead) {
  const int64_t depth = in_pairs(kVectors) ? head_dim / 2 : head_dim;
  int64_t key = 0;
  for (; key + kOctet <= keys.count; key += kOctet, k += keys.octet_stride) {
    for (int64_t i = 0; i < kOctet; i += kRowsAtOnce, c += kRowsAtOnce * kVectors * kLanes) {
      ahead.ask((key + i + kRowsAtOnce) * head_dim);
      multiply_pass<Rows::kKeys, kRowsAtOnce, kVectors>(k + i * keys.stride, keys.stride, q, depth,
                                                        c);
    }
  }
  for (; key < keys.count; ++key, k += keys.stride, c += kVectors * kLanes) {
    multiply_pass<Rows::kKeys, 1, kVectors>(k, keys.stride, q, depth, c);
  }
}

/// Adds weighted values: out[dim][:] += sum over key of v[key][dim] * weights[key][:].
template <int kVectors, int kRun>
HWY_NOINLINE void multiply_v(const float* v, const KeyRows& keys, int64_t head_dim,
                             const float* weights, float* out, Ahead ahead) {
  constexpr int kWidth = in_pairs(kVectors) ? 2 : 1;
  constexpr int kAtOnce = kRowsAtOnce * kWidth;
  int64_t dim = 0;
  for (; dim + kAtOnce <= head_dim; dim += kAtOnce, out += kAtOnce * kVectors * kLanes) {
    ahead.ask((dim + kAtOnce) * keys.count);
    multiply_pass<Rows::kValues, kRowsAtOnce, kVectors, kRun>(v + dim, keys.stride, weights,
                                                              keys.count, out, keys.octet_stride);
  }
  for (; dim < head_dim; dim += kWidth, out += kWidth * kVectors * kLanes) {
    ahead.ask((dim + kWidth) * keys.count);
    multiply_pass<Rows::kValues, 1, kVectors, kRun>(v + dim, keys.stride, weights, keys.count, out,
                                                    keys.octet_stride);
  }
}

}  // namespace attnbench::kernels
