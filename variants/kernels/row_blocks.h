// How the rows of each head are cut into blocks, so that all threads are done early.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"

namespace attnbench::kernels {

/// The number of row blocks per head with which the threads are done first. For each block the
/// matrix on the right is packed, which takes as long as kPackingRows more rows. Blocks have at
/// least kFewestBlockRows rows on average, unless the head has fewer. A row's arithmetic is the
/// same in every block.
inline int64_t row_blocks_a_head(int threads, int64_t heads, int64_t rows, int64_t most_rows) {
  constexpr int64_t kFewestBlockRows = 32;
  constexpr int64_t kPackingRows = 12;
  const auto rows_in_turn = [&](int64_t blocks) {
    return divide_up(heads * blocks, threads) * (divide_up(rows, blocks) + kPackingRows);
  };
  int64_t best = divide_up(rows, most_rows);
  for (int64_t blocks = best + 1; blocks <= rows / kFewestBlockRows; ++blocks)
    if (rows_in_turn(blocks) < rows_in_turn(best)) best = blocks;
  return best;
}

/// The first of the rows that belong to a block.
inline int64_t first_row_of(int64_t block, int64_t blocks, int64_t rows) {
  constexpr int64_t kStep = 12;  // Whole microkernels, whether they have four rows or six.
  return std::min(divide_up(rows, kStep) * block / blocks * kStep, rows);
}

}  // namespace attnbench::kernels
