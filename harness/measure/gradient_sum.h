// A row of a gradient: a sum of rows, each times a coefficient, and what float32 may make of it.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/query_gradient.h"
#include "measure/truth.h"

namespace attnbench::measure {

/// Sums up coefficient * row, in double and by each of the float loops.
class GradientSum {
 public:
  explicit GradientSum(int64_t dim);

  /// `by_runs` has kFloatGradients coefficients. The spread means nothing if `holds` is false.
  void add(const Coefficient& coefficient, const float* row, const float* by_runs, bool holds);
  /// Adds to the square of an element's spread, in units of u.
  void add_square(int64_t dim, double square) { squares_[static_cast<size_t>(dim)] += square; }
  double sum(int64_t dim) const { return sums_[static_cast<size_t>(dim)]; }

  /// The sum times `factor`, which float32 knows. Its bound is the sharp one that float_runs.h
  /// describes for outputs, and never above the most that rounding can do. `places` is the number
  /// of rows that a kernel may have added, masked ones included. A sum of nothing is exactly 0.
  RowTruth truth(double factor, int64_t places) const;

 private:
  double worst_spreads(double least) const;

  std::vector<double> sums_, magnitudes_, errors_, squares_;
  std::vector<float> runs_;  ///< [kFloatGradients, dim]
  int64_t terms_ = 0;
  double reach_ = 0;  ///< The largest that an element can be off if a weight is off by 1.
  bool holds_ = true;
};

}  // namespace attnbench::measure
