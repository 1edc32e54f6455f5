// A product of a few rows with a tile of a few vectors, whose sums stay in registers.
#pragma once

#include <cstdint>

#include "kernels/microkernel.h"

namespace attnbench::kernels {

/// c[r][:] = start[r][:] + sum over i < depth of a's element (r, i) times row i of b, for kRows
/// rows of kVectors vectors, which are c_pitch floats apart in start and c. A start that is null is
/// zero.
///
/// Without the pragmas GCC 12 does not unroll the loops at the end, keeps the sums in memory for
/// their sake, and so writes them to the stack every few steps of sum_products(). That is also why
/// longer sums are made of calls, and not in one function.
template <Operand kOrder, int kRows, int kVectors, int kOf>
HWY_NOINLINE void multiply_tile(const float* a, int64_t stride, const float* b, int64_t depth,
                                const float* start, float* c, int64_t c_pitch) {
  const Lanes d;
  Vec sums[kRows][kVectors];
  clear_sums(sums);
  sum_products<kOrder, kRows, kVectors, kOf>(a, stride, b, depth, 0, nullptr, sums);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = r * c_pitch + v * kLanes;
      const Vec sum = start == nullptr ? sums[r][v] : hn::Add(sums[r][v], hn::Load(d, start + at));
      hn::Store(sum, d, c + at);
    }
}

}  // namespace attnbench::kernels
