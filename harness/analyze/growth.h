// How a quantity grows with sequence length: the slope of its logarithm on log(n), and the law it
// fits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analyze/statistics.h"
#include "record/theory.h"

namespace attnbench::analyze {

/// A law whose AICc is within this of the best one is not told apart from the best law.
inline constexpr double kAiccMargin = 2;

/// A slope needs this many sizes; a law and a verdict need kVerdictSizes.
inline constexpr size_t kFitSizes = 3;
inline constexpr size_t kVerdictSizes = 5;

/// One size of a fit. seq_len is at least 2 and value positive.
struct SizeValue {
  int64_t seq_len = 0;
  double value = 0;               ///< The median, or an exact number.
  std::span<const double> draws;  ///< Its resampled medians; empty for an exact number.
};

struct LocalSlope {
  int64_t from = 0;
  int64_t to = 0;
  double slope = 0;
  std::optional<Interval> interval;  ///< Empty for exact numbers.
};

/// scale * n^power * (log n)^log_power, fitted in logarithms.
struct LawFit {
  record::Growth law;
  double scale = 0;
  double aicc = 0;
};

struct Fit {
  double slope = 0;   ///< Ordinary least squares of log(value) on log(n).
  double scale = 0;   ///< value is about scale * n^slope.
  Interval interval;  ///< Bootstrap over the samples and over the fit's own residuals.
  std::vector<LocalSlope> local_slopes;  ///< Between neighbours, ascending.
  std::vector<LawFit> laws;              ///< Best first; empty below kVerdictSizes.
  size_t indistinguishable = 0;  ///< How many of `laws` are within kAiccMargin, the best included.
};

/// `sizes` ascend and differ. Empty if there are fewer than kFitSizes. The interval includes lack
/// of fit: a resampled residual, inflated by its leverage, is added to each resampled median.
std::optional<Fit> fit_growth(std::span<const SizeValue> sizes, uint64_t seed);

/// The slope that fit_growth would find for exact values of the law at these sizes.
double expected_slope(const record::Growth& law, std::span<const int64_t> seq_lens);

}  // namespace attnbench::analyze
