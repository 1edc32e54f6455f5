// The microkernel: the inner loop of the products q k^T and weights v. It multiplies a few rows of
// K, or a few columns of V, by a few vectors, and keeps all sums in registers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/keys.h"
#include "kernels/prefetch.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// What a microkernel multiplies: its rows r and the index i that it sums over.
enum class Operand {
  kKeys,    ///< Rows are keys, i is a dim: element (r, i) is a[r * stride + i]. The result replaces
            ///< c.
  kValues,  ///< Rows are dims, i is a key: element (r, i) is a[i * stride + r]. The result is
            ///< added.
};

/// Whether a strip of so many vectors is multiplied in pairs of dims: one vector of queries becomes
/// two vectors of pairs, those of the even queries and those of the odd ones. A broadcast pair of
/// elements then feeds two FMAs. A broadcast float would feed one, and loads would set the pace.
constexpr bool in_pairs(int vectors) {
  return vectors == 1;
}

/// The most rows of a microkernel whose rows have so many vectors. Rows times vectors are the
/// accumulators: eight of them hide the latency of FMA, and twelve are the most that leave room for
/// the operands in 16 registers. With NEON GCC 12 would spill eight rows of three vectors. AVX-512
/// has 32 registers: there eight rows make prefill up to 1.05 times as fast as four, and decoding
/// of 16 rows up to 1.08; six rows of four vectors are 1.05 times as fast as eight of three.
constexpr int rows_in_registers(int vectors) {
  return std::min(8, (kHasAvx512 ? 24 : 12) / vectors);
}

/// The same for `vectors` of the `of` vectors of a strip. In pairs, which take two accumulators a
/// row, six rows gain nothing, and only four or eight can prefetch.
constexpr int rows_at_once(int vectors, int of) {
  return in_pairs(of) && !kHasAvx512 ? 4 : rows_in_registers(vectors);
}

/// Whether the next microkernel should take kMost of the rows that are left, rather than four or
/// one. One row takes as long as four, so that eight rows are better done as four and four than as
/// six, one and one.
template <int kMost>
constexpr bool takes_most(int64_t left) {
  return left >= kMost && (kMost % 4 == 0 || left < kMost + 2 || left >= kMost + 4);
}

/// Cuts rows into groups for microkernels: calls body.operator()<size>(first row).
template <int kMost, class Body>
HWY_INLINE void for_each_row_group(int64_t rows, const Body& body) {
  int64_t row = 0;
  for (; takes_most<kMost>(rows - row); row += kMost) body.template operator()<kMost>(row);
  for (; row + 4 <= rows; row += 4) body.template operator()<4>(row);
  for (; row < rows; ++row) body.template operator()<1>(row);
}

template <int kRows, int kVectors>
HWY_INLINE void clear_sums(Vec (&sums)[kRows][kVectors]) {
  for (auto& row : sums)
    for (Vec& sum : row) sum = hn::Zero(Lanes());
}

/// Writes the sum to `to`, or adds it if kAdds: the first `columns` floats of it, if it has more.
template <bool kAdds>
HWY_INLINE void store_columns(Vec sum, int64_t columns, float* to) {
  const Lanes d;
  if (columns >= kLanes) {
    hn::StoreU(kAdds ? hn::Add(hn::LoadU(d, to), sum) : sum, d, to);
    return;
  }
  alignas(64) float some[kLanes];
  hn::Store(sum, d, some);
  for (int64_t i = 0; i < columns; ++i) to[i] = kAdds ? to[i] + some[i] : some[i];
}

/// Copies `rows` rows of `columns` floats, `pitch` apart, to rows `to_pitch` apart that are
/// aligned. Zeros follow up to column `padded`, a multiple of the lanes.
inline void pack_rows(const float* from, int64_t pitch, int64_t rows, int64_t columns,
                      int64_t padded, float* to, int64_t to_pitch) {
  const Lanes d;
  const int64_t whole = columns / kLanes * kLanes;
  for (int64_t row = 0; row < rows; ++row, from += pitch, to += to_pitch) {
    for (int64_t i = 0; i < whole; i += kLanes) hn::Store(hn::LoadU(d, from + i), d, to + i);
    for (int64_t i = whole; i < padded; i += kLanes) hn::Store(hn::Zero(d), d, to + i);
    std::copy(from + whole, from + columns, to + whole);
  }
}

/// Keeps a loaded vector in its register. Without this GCC 12 reads the vector again from memory
/// for each FMA that uses it, and loads, not FMAs, set the pace.
HWY_INLINE void keep_in_register([[maybe_unused]] Vec& x) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  __asm__("" : "+v"(x.raw));
#endif
}

/// sum += factor * column. The sum keeps its register: in long code without loops GCC 12 otherwise
/// moves sums from register to register, and spills some.
HWY_INLINE void add_product(Vec factor, Vec column, Vec& sum) {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum.raw) : "v"(factor.raw), "v"(column.raw));
#else
  sum = hn::MulAdd(factor, column, sum);
#endif
}

/// Makes GCC 12 keep this pointer in a register and address what is near it by constant offsets.
/// Otherwise it keeps an index for each place, and there are more of them than registers.
HWY_INLINE void rebase([[maybe_unused]] const float*& pointer) {
#if HWY_COMPILER_GCC_ACTUAL
  __asm__("" : "+r"(pointer));
#endif
}

/// The two floats at `from` alternate in all lanes.
HWY_INLINE Vec broadcast_pair(const float* from) {
  double pair;
  std::memcpy(&pair, from, sizeof(pair));
  return hn::BitCast(Lanes(), hn::Set(hn::Repartition<double, Lanes>(), pair));
}

/// Does kOctet steps of sum_products() below, in pairs, without a loop. Four rows take 113 to 120
/// instructions, of which 64 are FMAs; the loop would take 124 to 128. If another hardware thread
/// uses the core, this saves 4 to 8 % of the time for most head_dims, and 0 to 2 for 40 and 128.
/// Wider strips, for which FMAs set the pace, would gain nothing or lose 1 to 2 %.
template <Operand kOrder, size_t kRows>
HWY_INLINE void add_octet_of_pairs(const float* a, int64_t stride, const float* b,
                                   Vec (&sums)[kRows][2]) {
  const Lanes d;
  // K needs a pointer to each row. V needs one pointer, which moves from key to key.
  constexpr size_t kPointers = kOrder == Operand::kKeys ? kRows : 1;
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
      const Vec factor =
          broadcast_pair(kOrder == Operand::kKeys ? from[r] + 2 * i : from[0] + 2 * r);
      add_product(factor, even, sums[r][0]);
      add_product(factor, odd, sums[r][1]);
    }
    if constexpr (kOrder == Operand::kValues) {
      from[0] += stride;
      rebase(from[0]);
    }
  }
}

/// How a microkernel multiplies and adds: floats. Bf16Pairs (bf16.h) does the same for pairs.
struct Floats {
  static HWY_INLINE Vec broadcast(const float* element) { return hn::Set(Lanes(), *element); }
  static HWY_INLINE Vec add_product(Vec a, Vec b, Vec sum) { return hn::MulAdd(a, b, sum); }
  /// What becomes of a sum over dims.
  static HWY_INLINE Vec finish(Vec sum) { return sum; }
};

/// What a microkernel prefetches with each run of steps.
enum class Prefetch {
  kNothing,
  kRows,     ///< As many floats, from `ahead` on, as the run reads.
  kStreams,  ///< One cache line of each of kRows streams, which are `stride` apart.
};

/// sums[r][:] += sum over i < depth of element (r, i) times b[i][:], for kRows rows r.
///
/// b[i] is kVectors vectors. If a is K, they are some of the kOf vectors of the row of q at b; if a
/// is V, they are all there is of the weights. In pairs, whichever of r and i is a dim counts pairs
/// of dims. If kRun is not 0, the elements come in runs of kRun steps, `run_stride` floats apart.
template <Operand kOrder, int kRows, int kVectors, int kOf, int kRun = 0,
          Prefetch kPrefetch = Prefetch::kNothing, class Multiply = Floats>
HWY_INLINE void sum_products(const float* HWY_RESTRICT a, int64_t stride,
                             const float* HWY_RESTRICT b, int64_t depth, int64_t run_stride,
                             const float* ahead, Vec (&sums)[kRows][in_pairs(kOf) ? 2 : kVectors]) {
  const Lanes d;
  constexpr int kColumns = in_pairs(kOf) ? 2 : kVectors;
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  constexpr int kSkipped = kOf - kVectors;
  const int64_t run = kRun == 0 ? depth : kRun;
  for (; depth > 0; depth -= run) {
    if constexpr (kPrefetch != Prefetch::kNothing) {
      constexpr int kLines = kRows * kWidth * kRun / kLineFloats;
      static_assert(kPrefetch == Prefetch::kRows || kLines == kRows);
      const int64_t apart = kPrefetch == Prefetch::kRows ? kLineFloats : stride;
      for (int line = 0; line < kLines; ++line) hwy::Prefetch(ahead + line * apart);
      ahead += (kPrefetch == Prefetch::kRows ? kLines : 1) * kLineFloats;
    }
    int64_t i = 0;
    if constexpr (in_pairs(kOf)) {
      for (; i + kOctet <= run; i += kOctet, b += 2 * kOctet * kLanes) {
        add_octet_of_pairs<kOrder>(a + i * (kOrder == Operand::kKeys ? 2 : stride), stride, b,
                                   sums);
      }
    }
    // Unrolled, a step takes 20.5 instead of 23 instructions, of which 12 are FMAs. That saves 1 to
    // 4 % of the time if another hardware thread uses the core.
#pragma GCC unroll 4
    for (; i < run; ++i) {
      Vec column[kColumns];
      for (int v = 0; v < kColumns; ++v) {
        column[v] = hn::Load(d, b + v * kLanes);
        keep_in_register(column[v]);
      }
      for (int r = 0; r < kRows; ++r) {
        const float* element =
            a + (kOrder == Operand::kKeys ? r * stride + i * kWidth : i * stride + r * kWidth);
        Vec factor;
        if constexpr (in_pairs(kOf)) {
          factor = broadcast_pair(element);
          keep_in_register(factor);
        } else {
          factor = Multiply::broadcast(element);
        }
        for (int v = 0; v < kColumns; ++v) {
          sums[r][v] = Multiply::add_product(factor, column[v], sums[r][v]);
        }
      }
      b += (kColumns + (kOrder == Operand::kKeys ? kSkipped : 0)) * kLanes;
    }
    if constexpr (kRun != 0) a += run_stride;
  }
}

/// Computes such sums and writes them to c[r][:] (kKeys) or adds them to it (kValues). If a is V,
/// the kVectors vectors are some of the kOf vectors of the row of out at c. The sum over a block is
/// complete before it is added, which keeps rounding errors from growing with the number of keys.
template <Operand kOrder, int kRows, int kVectors, int kOf, int kRun = 0,
          Prefetch kPrefetch = Prefetch::kNothing, class Multiply = Floats>
HWY_INLINE void microkernel(const float* HWY_RESTRICT a, int64_t stride,
                            const float* HWY_RESTRICT b, int64_t depth, float* HWY_RESTRICT c,
                            int64_t run_stride = 0, const float* ahead = nullptr,
                            const Multiply& multiply = {}) {
  const Lanes d;
  constexpr int kSkipped = kOf - kVectors;
  Vec sums[kRows][in_pairs(kOf) ? 2 : kVectors];
  clear_sums(sums);
  sum_products<kOrder, kRows, kVectors, kOf, kRun, kPrefetch, Multiply>(a, stride, b, depth,
                                                                        run_stride, ahead, sums);
  for (auto& row : sums) {
    if constexpr (in_pairs(kOf) && kOrder == Operand::kKeys) {
      const Vec same = hn::OddEven(row[1], row[0]);
      const Vec other = hn::OddEven(row[0], row[1]);
      hn::Store(hn::Add(same, hn::Shuffle2301(other)), d, c);
      c += kLanes;
    } else {
      for (Vec& sum : row) {
        sum = kOrder == Operand::kValues ? hn::Add(sum, hn::Load(d, c)) : multiply.finish(sum);
        hn::Store(sum, d, c);
        c += kLanes;
      }
      if constexpr (kOrder == Operand::kValues) c += kSkipped * kLanes;
    }
  }
}

}  // namespace attnbench::kernels
