// How the gradient of one output row reaches the keys that its query sees, and what float32 may
// make of that.
#pragma once

#include <vector>

#include "measure/query_row.h"

namespace attnbench::measure {

/// What is smaller than its parts by this factor is 0 but for the rounding of doubles.
inline constexpr double kNothing = 0x1p-44;

/// A coefficient by which a row is multiplied before such rows are summed up.
struct Coefficient {
  double value = 0;
  double error = 0;   ///< The most that rounding can do to it in a right kernel.
  double square = 0;  ///< Square of its spread, in units of u = 2^-24, if it strays by itself.
  double reach = 0;   ///< By how much it can be off if a weight is off by 1.
};

/// One key's part in the gradient. Its weight times d_out is its part of d_v; the gradient of its
/// score times the key is its part of d_q, and times the query its part of d_k, but for the scale.
struct KeyGradient {
  Coefficient weight;
  Coefficient score;
  double pull = 0;  ///< Minus the derivative of the score's gradient by delta (see below).
};

/// The same in float32, for all keys.
struct FloatGradient {
  std::vector<float> weights, scores;
};

struct QueryGradient {
  std::vector<KeyGradient> keys;  ///< One for each of the row's keys.
  /// Delta is the sum of out times d_out. If it strays, all scores' gradients do.
  double delta_square = 0;
  /// Of the factor that all weights of the row have in common, as the sum of exponentials has.
  double common_square = 0;
  bool holds = true;  ///< Whether rounding moves scores by so little that squares say anything.
  std::vector<FloatGradient> runs;  ///< By kFloatGradients loops that differ as kernels do.
};
inline constexpr size_t kFloatGradients = 3;

/// `d_out` is the gradient of the row's output: [head_dim].
QueryGradient query_gradient(const QueryRow& row, const float* d_out);

}  // namespace attnbench::measure
