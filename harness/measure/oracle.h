// The double-precision oracle: softmax attention of one row, and how far float32 may stray from it.
#pragma once

#include <vector>

#include "measure/query_row.h"

namespace attnbench::measure {

/// One output row in double, and two measures of what float32 may make of each element. oracle.cpp
/// derives both.
struct OracleRow {
  std::vector<double> out;
  /// The outer limit: the most that rounding can do in a right kernel, times kBoundFactor. It grows
  /// faster with the number of keys than rounding errors do.
  std::vector<double> bound;
  /// The error if the roundings of a plain loop over the keys are independent: the root of the sum
  /// of their squares, each at its largest. Such loops are off by about 0.4 of it. Empty if
  /// rounding moves scores by so much that errors do not just add up.
  std::vector<double> spread;
  /// Sums of p |v|, the scale of what is summed up.
  std::vector<double> magnitude;
  double least_weight = 0;  ///< The smallest of any key; 0 without keys.
};
inline constexpr double kBoundFactor = 4;

OracleRow oracle_row(const QueryRow& row);

}  // namespace attnbench::measure
