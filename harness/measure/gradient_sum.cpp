// Sums of rows with the errors of their coefficients and of the additions.
#include "measure/gradient_sum.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "measure/float_runs.h"
#include "measure/oracle.h"

namespace attnbench::measure {
GradientSum::GradientSum(int64_t dim)
    : sums_(static_cast<size_t>(dim)),
      magnitudes_(sums_),
      errors_(sums_),
      squares_(sums_),
      runs_(kFloatGradients * sums_.size()) {}

void GradientSum::add(const Coefficient& coefficient, const float* row, const float* by_runs,
                      bool holds) {
  const size_t dim = sums_.size();
  double *const sums = sums_.data(), *const magnitudes = magnitudes_.data();
  double *const errors = errors_.data(), *const squares = squares_.data();
  double largest = 0;
#pragma omp simd reduction(max : largest)
  for (size_t d = 0; d < dim; ++d) {
    const auto x = static_cast<double>(row[d]);
    const double part = coefficient.value * x;
    sums[d] += part;
    magnitudes[d] += std::abs(part);
    errors[d] += coefficient.error * std::abs(x);
    squares[d] += coefficient.square * x * x + sums[d] * sums[d] + 2 * part * part;
    largest = std::max(largest, std::abs(x));
  }
  for (size_t run = 0; run < kFloatGradients; ++run) {
    float* const to = runs_.data() + run * dim;
    const float by = by_runs[run];
#pragma omp simd
    for (size_t d = 0; d < dim; ++d) to[d] += by * row[d];
  }
  reach_ = std::max(reach_, coefficient.reach * largest);
  ++terms_;
  holds_ = holds_ && holds;
}

/// Of the float loops, the largest root of the mean square of its errors, in spreads; at least 1.
double GradientSum::worst_spreads(double least) const {
  const size_t dim = sums_.size();
  double worst = 1;
  for (size_t run = 0; run < kFloatGradients; ++run) {
    double mean = 0;
    for (size_t d = 0; d < dim; ++d) {
      const double error = static_cast<double>(runs_[run * dim + d]) - sums_[d];
      const double spread = kRounding * std::sqrt(squares_[d]) + least;
      mean += error / spread * (error / spread) / static_cast<double>(dim);
    }
    const double root = std::sqrt(mean);
    worst = std::max(worst, std::isfinite(root) ? root : HUGE_VAL);  // max would drop a NaN.
  }
  return worst;
}

RowTruth GradientSum::truth(double factor, int64_t places) const {
  const size_t dim = sums_.size();
  RowTruth truth{std::vector<double>(dim), std::vector<double>(dim)};
  if (terms_ == 0) return truth;
  // For any weight that is as good as 0, a kernel may use the smallest float that is no denormal.
  const double least = 4 * FLT_MIN * static_cast<double>(places + 1) * std::max(1.0, reach_);
  const double spreads = kSpreads * worst_spreads(least);
  for (size_t d = 0; d < dim; ++d) {
    const bool is_nothing = std::abs(sums_[d]) <= std::max(kNothing * magnitudes_[d], least / 8);
    truth.out[d] = is_nothing ? 0 : factor * sums_[d];
    const double limit =
        errors_[d] + kBoundFactor * kRounding * static_cast<double>(terms_ + 4) * magnitudes_[d] +
        least;
    const double sharp = spreads * (kRounding * std::sqrt(squares_[d]) + least) +
                         kRounding * (16 * std::abs(sums_[d]) + 2 * magnitudes_[d]);
    // The comparison is false if a run was not finite.
    truth.bound[d] = std::abs(factor) * (holds_ && sharp < limit ? sharp : limit);
  }
  return truth;
}

}  // namespace attnbench::measure
