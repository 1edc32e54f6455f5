// The double-precision oracle: softmax attention over visible_keys, and how far float32 may stray.
#pragma once

#include <cstdint>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// One output row in double, with the conditioning bound of each element: rounding in the scores
/// (eps32 * head_dim * scale * sum|q*k|, and a few eps32 of what softcap and alibi make of a score,
/// carried through the softmax) plus rounding in the sum (eps32 * keys * sum p|v|), times
/// kBoundFactor. oracle.cpp derives it.
struct OracleRow {
  std::vector<double> out;
  std::vector<double> bound;
};
inline constexpr double kBoundFactor = 4;

OracleRow oracle_row(const Variant& variant, const Call& call, const Inputs& inputs, int64_t batch,
                     int64_t head, int64_t query);

}  // namespace attnbench::measure
