// Statistics of one case's samples that assume no distribution. Samples are finite throughout.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace attnbench::analyze {

/// A closed interval; its bounds are finite unless a comment says otherwise.
struct Interval {
  double low = 0;
  double high = 0;
};

/// Every interval is meant to cover the true value with this probability.
inline constexpr double kConfidence = 0.95;

/// The p-quantile of ascending, non-empty samples by linear interpolation at (count - 1) * p:
/// Hyndman and Fan's type 7, the default of R and NumPy. The median is the 0.5-quantile.
double quantile(std::span<const double> sorted, double p);

std::vector<double> sorted_copy(std::span<const double> samples);

/// The order statistics, counted from 1, that bracket the true median with at least kConfidence.
struct MedianRanks {
  int low = 0;
  int high = 0;
  double coverage = 0;  ///< The exact probability, whatever the distribution.
};

/// With fewer samples, not even their whole range covers the median at kConfidence.
inline constexpr int kFewestSamples = 6;

/// The narrowest symmetric pair of ranks. Empty below kFewestSamples.
std::optional<MedianRanks> median_ranks(size_t sample_count);

/// A summary of a case's times, in the unit of the samples.
struct Summary {
  double median = 0;
  double min = 0;
  double max = 0;
  double spread = 0;  ///< Interquartile range over the median.
  std::optional<Interval>
      interval;         ///< Of the median; empty below 6 samples, for which min and max stand.
  double coverage = 0;  ///< Of `interval`; 0 if that is empty.
};

/// `samples` is not empty.
Summary summarize(std::span<const double> samples);

/// Tukey's fences: mild is beyond 1.5, extreme beyond 3 interquartile ranges outside the quartiles.
enum class Outlier { kNo, kMild, kExtreme };

/// One label per sample, in the given order. Labels are shown; no sample is dropped for its label.
std::vector<Outlier> label_outliers(std::span<const double> samples);

/// "no", "mild", "extreme".
const char* outlier_name(Outlier outlier);

}  // namespace attnbench::analyze
