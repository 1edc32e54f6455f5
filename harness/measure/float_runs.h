// How far float32 itself strays on one row, if plain loops evaluate the definition.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/oracle.h"

namespace attnbench::measure {

/// Dot products in float32 of `query` [head_dim] with those rows of `keys` [kv_len, head_dim] that
/// the row's query sees. Each begins at dimension `first` and wraps around.
std::vector<float> float_products(const QueryRow& row, const float* query, const float* keys,
                                  int64_t first);

/// Scores of the row's keys in float32, and how fast each grows with scale * (q·k).
struct FloatScores {
  std::vector<float> scores, slopes;
};
FloatScores float_scores(const QueryRow& row, int64_t first);

/// How many spreads a right kernel may be off. Plain loops are off by 1.3 at most.
inline constexpr double kSpreads = 8;

/// The sharp bound of each element of a row, never above the oracle's: kSpreads times its spread,
/// times the worst error of plain float32 loops in spreads if that is above 1 (roundings correlate
/// if inputs do, as when all keys are equal), plus 16 units in the last place of the result, and
/// one or two of what is summed up. It is an estimate from the data, not a proof: right kernels
/// were never seen above half of it.
std::vector<double> sharp_bound(const QueryRow& row, const OracleRow& oracle);

}  // namespace attnbench::measure
