// The products of both halves of attention. On transposed tiles lanes are queries; matrix.cpp has
// keys or dims for lanes, and its own way to write results.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/keys.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// How a product reads its rows: K as it lies gives scores, V read down its columns gives outputs.
enum class Rows {
  kKeys,    ///< Element (r, i) is a[r * stride + i]; a strip's result replaces c.
  kValues,  ///< Element (r, i) is a[i * stride + r]; a strip's result is added to c.
};

/// A strip of one vector of queries takes two dims at a time, which fills two vectors of pairs: the
/// even queries' and the odd ones'. A broadcast pair then feeds two FMAs; a broadcast float would
/// feed one, and loads would set the pace.
constexpr bool in_pairs(int vectors) {
  return vectors == 1;
}

/// Rows that one pass of so many of a strip's vectors keeps in accumulators: eight of these hide
/// the latency of FMA, and twelve are the most that leave 16 registers room for the operands. With
/// the 32 of AVX-512 eight rows make prefill up to 1.05 times as fast as four do, and 16 rows of
/// decoding up to 1.08; three vectors of NEON GCC 12 would spill. Pairs gain nothing from six rows,
/// and ask for memory by four or eight.
constexpr int rows_at_once(int vectors, int of) {
  if (kHasAvx512) return 8;
  if (in_pairs(of)) return 4;
  return vectors == 1 ? 8 : vectors == 2 ? 6 : 4;
}
/// Whether the next pass takes that many of the rows that are left, rather than four or one: a pass
/// of one takes as long as one of four, so eight rows are better two passes of four than six, one
/// and one.
template <int kMost>
constexpr bool takes_most(int64_t left) {
  return left >= kMost && (kMost % 4 == 0 || left < kMost + 2 || left >= kMost + 4);
}

/// Keeps a loaded vector in its register. GCC 12 otherwise reads it again from memory for each FMA
/// that uses it, and the loads, not the FMAs, then set the pace.
HWY_INLINE void keep_in_register([[maybe_unused]] Vec& x) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  __asm__("" : "+v"(x.raw));
#endif
}

/// sum += factor * column, where sum keeps its register: GCC 12 otherwise moves sums from register
/// to register between the steps of a block without loops, and spills some.
HWY_INLINE void add_product(Vec factor, Vec column, Vec& sum) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum.raw) : "v"(factor.raw), "v"(column.raw));
#else
  sum = hn::MulAdd(factor, column, sum);
#endif
}

/// Makes a pointer a place of its own, from which others are a constant away. GCC 12 otherwise
/// keeps an index for each, more than there are registers.
HWY_INLINE void rebase([[maybe_unused]] const float*& pointer) {
#if HWY_COMPILER_GCC_ACTUAL
  __asm__("" : "+r"(pointer));
#endif
}

/// Two floats in turn in all lanes.
HWY_INLINE Vec broadcast_pair(const float* from) {
  double pair;
  std::memcpy(&pair, from, sizeof(pair));
  return hn::BitCast(Lanes(), hn::Set(hn::Repartition<double, Lanes>(), pair));
}

/// kOctet steps of the pass below, in pairs and without a loop: for four rows 113 to 120
/// instructions, 64 of them FMAs, where two rounds of its loop are 124 to 128. With another
/// hardware thread on the core that is 4 to 8 % of the time for most head_dims, and 0 to 2 for 40
/// and 128. Wider strips, where FMAs set the pace, gain nothing or lose 1 to 2 %.
template <Rows kOrder, size_t kRows>
HWY_INLINE void add_octet_of_pairs(const float* a, int64_t stride, const float* b,
                                   Vec (&sums)[kRows][2]) {
  const Lanes d;
  // Of K a pointer to each row; of V one, that goes from key to key.
  constexpr size_t kPointers = kOrder == Rows::kKeys ? kRows : 1;
  const float* from[kPointers];
  for (size_t r = 0; r < kPointers; ++r) {
    from[r] = a + static_cast<int64_t>(r) * stride;
    rebase(from[r]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < kOctet; ++i, b += 2 * kLanes) {
    const Vec even = hn::Load(d, b);
    const Vec odd = hn::Load(d, b + kLanes);
    for (size_t r = 0; r < kRows; ++r) {
      const Vec factor = broadcast_pair(kOrder == Rows::kKeys ? from[r] + 2 * i : from[0] + 2 * r);
      add_product(factor, even, sums[r][0]);
      add_product(factor, odd, sums[r][1]);
    }
    if constexpr (kOrder == Rows::kValues) {
      from[0] += stride;
      rebase(from[0]);
    }
  }
}

/// What a pass asks memory for with each of its runs.
enum class Asks {
  kNothing,
  kRows,     ///< As much from `ahead` on as the run reads.
  kStreams,  ///< The same of kRows streams, `stride` apart: a line of each.
};

/// sums[r][:] += sum over i < depth of (r, i) * b[i][:], for kRows rows; the rows of b are kVectors
/// vectors, in the order kKeys within kOf of them. In pairs, that of r and i which counts dims
/// counts pairs of them. Where kRun is not 0, every so many i stand `run_stride` after the last.
template <Rows kOrder, int kRows, int kVectors, int kOf, int kRun = 0, Asks kAsks = Asks::kNothing>
HWY_INLINE void sum_products(const float* HWY_RESTRICT a, int64_t stride,
                             const float* HWY_RESTRICT b, int64_t depth, int64_t run_stride,
                             const float* ahead, Vec (&sums)[kRows][in_pairs(kOf) ? 2 : kVectors]) {
  const Lanes d;
  constexpr int kColumns = in_pairs(kOf) ? 2 : kVectors;
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  constexpr int kSkipped = kOf - kVectors;
  const int64_t run = kRun == 0 ? depth : kRun;
  for (; depth > 0; depth -= run) {
    if constexpr (kAsks != Asks::kNothing) {
      constexpr int kLines = kRows * kWidth * kRun / kLineFloats;
      static_assert(kAsks == Asks::kRows || kLines == kRows);
      const int64_t apart = kAsks == Asks::kRows ? kLineFloats : stride;
      for (int line = 0; line < kLines; ++line) hwy::Prefetch(ahead + line * apart);
      ahead += (kAsks == Asks::kRows ? kLines : 1) * kLineFloats;
    }
    int64_t i = 0;
    if constexpr (in_pairs(kOf)) {
      for (; i + kOctet <= run; i += kOctet, b += 2 * kOctet * kLanes) {
        add_octet_of_pairs<kOrder>(a + i * (kOrder == Rows::kKeys ? 2 : stride), stride, b, sums);
      }
    }
    // Unrolled, a step is 20.5 instead of 23 instructions, 12 of them FMAs: 1 to 4 % of the time
    // where another hardware thread uses the core.
#pragma GCC unroll 4
    for (; i < run; ++i) {
      Vec column[kColumns];
      for (int v = 0; v < kColumns; ++v) {
        column[v] = hn::Load(d, b + v * kLanes);
        keep_in_register(column[v]);
      }
      for (int r = 0; r < kRows; ++r) {
        const float* element =
            a + (kOrder == Rows::kKeys ? r * stride + i * kWidth : i * stride + r * kWidth);
        Vec factor;
        if constexpr (in_pairs(kOf)) {
          factor = broadcast_pair(element);
          keep_in_register(factor);
        } else {
          factor = hn::Set(d, *element);
        }
        for (int v = 0; v < kColumns; ++v) sums[r][v] = hn::MulAdd(factor, column[v], sums[r][v]);
      }
      b += (kColumns + (kOrder == Rows::kKeys ? kSkipped : 0)) * kLanes;
    }
    if constexpr (kRun != 0) a += run_stride;
  }
}

/// c[r][:] = or += sum over i < depth of (r, i) * b[i][:], as above; the rows of c are kVectors
/// vectors, in the order kValues within kOf of them. A block's sum is complete before it joins c,
/// which keeps rounding errors from growing with the number of keys.
template <Rows kOrder, int kRows, int kVectors, int kOf, int kRun = 0, Asks kAsks = Asks::kNothing>
HWY_INLINE void multiply_pass(const float* HWY_RESTRICT a, int64_t stride,
                              const float* HWY_RESTRICT b, int64_t depth, float* HWY_RESTRICT c,
                              int64_t run_stride = 0, const float* ahead = nullptr) {
  const Lanes d;
  constexpr int kSkipped = kOf - kVectors;
  Vec sums[kRows][in_pairs(kOf) ? 2 : kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  sum_products<kOrder, kRows, kVectors, kOf, kRun, kAsks>(a, stride, b, depth, run_stride, ahead,
                                                          sums);
  for (auto& row : sums) {
    if constexpr (in_pairs(kOf) && kOrder == Rows::kKeys) {
      const Vec own = hn::OddEven(row[1], row[0]);
      const Vec other = hn::OddEven(row[0], row[1]);
      hn::Store(hn::Add(own, hn::Shuffle2301(other)), d, c);
      c += kLanes;
    } else {
      for (Vec& sum : row) {
        if constexpr (kOrder == Rows::kValues) sum = hn::Add(sum, hn::Load(d, c));
        hn::Store(sum, d, c);
        c += kLanes;
      }
      if constexpr (kOrder == Rows::kValues) c += kSkipped * kLanes;
    }
  }
}

/// How the keys of a product lie.
enum class Layout {
  kConsecutive,
  kStreams,
  kOddStreams,  ///< Asked for by four rows: not in pairs, or not asks_by_line().
};

/// One pass of a product, which asks for as much ahead as it reads. Where it can it does so in its
/// course: a burst of requests before it takes all misses that a core can have under way, and its
/// own loads wait (over 131072 keys 5 % of the time for 16 rows, 1 to 9 for eight).
template <Rows kOrder, int kRows, int kVectors, int kOf, Layout kLayout>
HWY_INLINE void pass_and_ask(const float* a, const KeyRows& keys, const float* b, int64_t depth,
                             float* c, Ahead& ahead) {
  // A run: an octet of keys, or as many dims or pairs of them.
  constexpr bool kByKey = kOrder == Rows::kKeys;
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  const int64_t run_stride = kByKey ? kOctet * kWidth : keys.octet_stride;
  const int64_t floats = kRows * kWidth * depth;
  if constexpr (kLayout == Layout::kOddStreams) {
    ahead.ask(floats);
    multiply_pass<kOrder, kRows, kVectors, kOf, kByKey ? 0 : kOctet>(a, keys.stride, b, depth, c,
                                                                     run_stride);
  } else if constexpr (kLayout == Layout::kStreams) {
    multiply_pass<kOrder, kRows, kVectors, kOf, kOctet, Asks::kStreams>(
        a, keys.stride, b, depth, c, run_stride,
        ahead.take_of(kRows, depth / kOctet * kLineFloats));
  } else if (ahead.steps()) {
    if (ahead.any()) ahead.ask(floats);
    multiply_pass<kOrder, kRows, kVectors, kOf>(a, keys.stride, b, depth, c);
  } else if (kRows >= 4 && ahead.any() && depth % kOctet == 0) {
    multiply_pass<kOrder, kRows, kVectors, kOf, kOctet, Asks::kRows>(
        a, keys.stride, b, depth, c, run_stride, ahead.take(floats));
  } else {
    if (ahead.any()) prefetch(ahead.take(floats), floats);
    multiply_pass<kOrder, kRows, kVectors, kOf>(a, keys.stride, b, depth, c);
  }
}

/// Scores of all keys: c[key][:] = sum over dim of k[key][dim] * q[dim][:], for kVectors of the kOf
/// vectors of a strip.
template <int kVectors, int kOf, Layout kLayout>
HWY_NOINLINE void multiply_k(const float* k, const KeyRows& keys, int64_t head_dim, const float* q,
                             float* c, Ahead ahead) {
  constexpr int kMost = rows_at_once(kVectors, kOf);
  const int64_t depth = in_pairs(kOf) ? head_dim / 2 : head_dim;
  int64_t key = 0;
  if constexpr (kLayout != Layout::kConsecutive) {
    constexpr int kSome = kMost == kOctet ? kOctet : 4;
    for (; key < keys.count; key += kOctet, k += keys.octet_stride) {
      for (int64_t i = 0; i < kOctet; i += kSome, c += kSome * kVectors * kLanes) {
        pass_and_ask<Rows::kKeys, kSome, kVectors, kOf, kLayout>(k + i * keys.stride, keys, q,
                                                                 depth, c, ahead);
      }
    }
    return;
  }
  for (; takes_most<kMost>(keys.count - key); key += kMost, c += kMost * kVectors * kLanes) {
    pass_and_ask<Rows::kKeys, kMost, kVectors, kOf, Layout::kConsecutive>(k + key * keys.stride,
                                                                          keys, q, depth, c, ahead);
  }
  for (; kMost > 4 && key + 4 <= keys.count; key += 4, c += 4 * kVectors * kLanes) {
    pass_and_ask<Rows::kKeys, 4, kVectors, kOf, Layout::kConsecutive>(k + key * keys.stride, keys,
                                                                      q, depth, c, ahead);
  }
  for (; key < keys.count; ++key, c += kVectors * kLanes) {
    multiply_pass<Rows::kKeys, 1, kVectors, kOf>(k + key * keys.stride, keys.stride, q, depth, c);
  }
}

/// Adds weighted values: out[dim][:] += sum over key of v[key][dim] * weights[key][:].
template <int kVectors, int kOf, Layout kLayout>
HWY_NOINLINE void multiply_v(const float* v, const KeyRows& keys, int64_t head_dim,
                             const float* weights, float* out, Ahead ahead) {
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  constexpr int kMost = rows_at_once(kVectors, kOf);
  constexpr int64_t kOut = kWidth * kOf * kLanes;
  const int64_t rows = head_dim / kWidth;
  int64_t row = 0;
  for (; takes_most<kMost>(rows - row); row += kMost, out += kMost * kOut) {
    pass_and_ask<Rows::kValues, kMost, kVectors, kOf, kLayout>(v + row * kWidth, keys, weights,
                                                               keys.count, out, ahead);
  }
  for (; kMost > 4 && row + 4 <= rows; row += 4, out += 4 * kOut) {
    pass_and_ask<Rows::kValues, 4, kVectors, kOf, kLayout>(v + row * kWidth, keys, weights,
                                                           keys.count, out, ahead);
  }
  // Passes that ask by line leave no rows over.
  constexpr Layout kRest = kLayout == Layout::kStreams ? Layout::kOddStreams : kLayout;
  for (; row < rows; ++row, out += kOut) {
    pass_and_ask<Rows::kValues, 1, kVectors, kOf, kRest>(v + row * kWidth, keys, weights,
                                                         keys.count, out, ahead);
  }
}

}  // namespace attnbench::kernels
