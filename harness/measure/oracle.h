// The double-precision oracle: softmax attention of one row, and how far float32 may stray from it.
#pragma once

#include <span>
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
inline constexpr double kRounding = 0x1p-24;  ///< The unit u of float32's relative errors.

OracleRow oracle_row(const QueryRow& row);

/// A key that the query sees, with what float32 may make of its weight. u = 2^-24.
struct KeyWeight {
  double p;                 ///< Its weight; the weights of a row sum to 1.
  double score_error;       ///< The most that the exponent may be off in float32.
  double score_square;      ///< Square of the exponent's spread, in units of u.
  double slope = 1;         ///< How fast the score grows with scale * (q·k): 1 without softcap.
  double slope_error = 0;   ///< The most that the slope may be off.
  double slope_square = 0;  ///< Square of its spread, in units of u.
};

struct KeyWeights {
  std::vector<KeyWeight> keys;
  double top = 0;      ///< The largest score.
  double log_sum = 0;  ///< Logarithm of the sum of e^score. 0 without keys, as is `top`.

  /// Whether rounding moves the scores of all keys that count by so little that errors add up.
  bool scores_hold() const;
};

/// The weights by which oracle_row makes its output.
KeyWeights key_weights(const QueryRow& row);

/// Softmax weights of the row's keys: [keys], which sum to 1; those by which oracle_row's output is
/// made. All are NaN if a key or the query holds NaN, or if a score is +infinite.
std::vector<double> oracle_weights(const QueryRow& row);

/// The sum of weights[i] times the value of the row's key i: [head_dim]. By oracle_weights, it has
/// the bits of oracle_row's output.
std::vector<double> weighted_values(const QueryRow& row, std::span<const double> weights);

}  // namespace attnbench::measure
