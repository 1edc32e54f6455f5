// Derives growth, crossovers, rates and warnings from a run's record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/crossovers.h"
#include "analyze/statistics.h"
#include "analyze/theory.h"
#include "record/record.h"

namespace attnbench::analyze {

/// A spread of samples (interquartile range over median) above this is worth a warning.
inline constexpr double kNoisySpread = 0.10;

/// CPU time lost to others during a sample, as a part of its time, that is worth a warning.
inline constexpr double kDisturbance = 0.05;

/// If a group has no more series than this, they are compared pair by pair; otherwise each is
/// compared with one reference.
inline constexpr size_t kPairwiseSeries = 12;

/// A sample is worth a warning if pure FMA around it reached less than this part of the FMA peak.
inline constexpr double kSlowedBelow = 0.85;

/// A core is shared if it gives less than this part of its issue slots.
inline constexpr double kSharedBelow = 0.95;

/// A thread that has a CPU of its own is put aside a few times a second.
inline constexpr double kSwitchEvery_s = 0.010;

/// A ratio with its bootstrap interval, which is empty if either side has fewer than 6 samples.
struct Ratio {
  double value = 0;
  std::optional<Interval> interval;
};

/// Whose peak a case's rate is compared with.
enum class Peak {
  kFma,   ///< float32 fused multiply-adds.
  kBf16,  ///< Native multiply-adds of bf16.
};

/// The statistics of one case. All but `outliers` and `peak` is empty if the case has no valid
/// time, and each number is empty if the ceiling or count that it needs is missing.
struct CaseStats {
  std::optional<Summary> time_s;
  std::optional<double> cpu_median_s;
  std::optional<double> first_call_median_s;
  std::optional<double> setup_median_s;       ///< Of what the variant sets up before its calls.
  std::optional<double> empty_call_median_s;  ///< Of Sample::empty_call_s.
  std::optional<double> gflops;               ///< FLOPs / median / 1e9.
  Peak peak = Peak::kFma;                     ///< In each of the next percentages and the roofline.
  std::optional<double> percent_of_peak;      ///< The peak of the case's thread count.
  /// Median over the samples, each relative to the rate of the peak's multiply-adds around it.
  std::optional<double> percent_of_adjacent_peak;
  std::optional<double> flop_per_byte;  ///< Arithmetic intensity, by the least possible traffic.
  /// min(peak, intensity * bandwidth), of which the bandwidth is that of the case's reads and
  /// writes.
  std::optional<double> roofline_gflops;
  std::optional<double> percent_of_roofline;
  /// Median over the samples, each relative to min(peak, intensity * bandwidth) as measured around
  /// it.
  std::optional<double> percent_of_adjacent_roofline;
  std::optional<Ratio> speedup;  ///< The baseline's median over this case's.
  /// The median of the same case with the fewest threads over this case's; none if the run has only
  /// one thread count.
  std::optional<Ratio> thread_speedup;
  std::optional<double> percent_of_linear_speedup;  ///< Of as many times more threads.
  std::vector<Outlier> outliers;                    ///< One per sample.
};

/// Samples that one kind of disturbance affected, and the cases that they belong to.
struct Disturbance {
  int samples = 0;
  std::vector<int> cases;
};

/// Cases that differ only in length.
struct Series {
  std::vector<int> cases;  ///< Indices into Run::cases, ascending in seq_len.
  /// The first of them that the variant supports, which gives the series its theory. Empty if the
  /// variant supports none; then `time` and `memory` say nothing.
  std::optional<int> first_supported;
  TimeGrowth time;
  MemoryGrowth memory;
  std::optional<int64_t> largest_fit;  ///< Largest seq_len that fits the memory limit.
  /// The largest batch that fits it at the largest seq_len of `cases`.
  std::optional<int64_t> largest_batch;
};

/// Two cases of one length: the time of `a` over the time of `b`.
struct CaseRatio {
  int a = 0;  ///< Indices into Run::cases.
  int b = 0;
  Ratio ratio;
};

/// Two cases that differ only in the value of an axis with names, such as pages, at the largest
/// length that both have timed. The pass is no such axis: see Training.
struct AxisEffect {
  std::string axis;
  int standard = 0;  ///< The case with the axis's standard value: an index into Run::cases.
  int other = 0;
  Ratio ratio;  ///< The standard one's time over the other's: how many times as fast the other is.
};

/// One variant on one problem at one length, in each pass: indices into Run::cases, empty if the
/// run has no such case. A case may lack a time.
struct TrainingAtSize {
  int64_t seq_len = 0;
  std::optional<int> forward, backward, both;
  std::optional<Ratio> backward_ratio;  ///< The backward pass's time over the forward pass's.
};

/// Series that differ only in their pass, of which at least one trains a call that the variant
/// supports. The indices are into Analysis::series.
struct Training {
  std::optional<int> forward, backward, both;
  std::vector<TrainingAtSize> sizes;  ///< Ascending.

  /// The series that trains: backward, or both if the run has no backward.
  int trained() const { return backward ? *backward : *both; }
};

/// The fastest series at the largest length at which two or more series have a time.
struct Lead {
  int64_t seq_len = 0;
  int fastest = 0;  ///< Indices into Analysis::series.
  int next = 0;     ///< The fastest that differs in more than its seed; else the second fastest.
  Ratio over_next;  ///< The next one's time over the fastest one's.
};

/// Series on the same problem and thread count, which can be compared.
struct Group {
  std::vector<int> series;      ///< Indices into Analysis::series.
  std::optional<int> baseline;  ///< Series that speed-ups refer to.
  std::vector<Crossover> crossovers;
  std::vector<CaseRatio> ratios;  ///< One per pair in `crossovers` and common size.
  std::optional<Lead> lead;
};

/// Cases of one series that share an outcome other than ok, with the first one's reason.
struct Setback {
  int series = 0;
  record::Outcome outcome = record::Outcome::kPending;
  std::string reason;
  std::vector<int> cases;
};

struct Analysis {
  std::vector<CaseStats> cases;  ///< Parallel to Run::cases.
  std::vector<Series> series;    ///< In order of their first case.
  std::vector<Group> groups;     ///< In order of their first series.
  std::vector<AxisEffect> axis_effects;
  std::vector<Training> training;  ///< In order of their first series.
  std::vector<Setback> setbacks;
  std::vector<int> noisy_cases;  ///< Cases whose spread exceeds kNoisySpread.
  Disturbance steal;             ///< The hypervisor gave the CPUs to others, beyond kDisturbance.
  Disturbance pressure;          ///< Tasks waited for a CPU, beyond kDisturbance.
  Disturbance shared;            ///< Others took issue slots: issue_share below kSharedBelow.
  Disturbance slowed;            ///< Pure FMA around them fell below kSlowedBelow of its peak.
  Disturbance switches;  ///< Threads put aside more often than once a kSwitchEvery_s of CPU time.
  int samples = 0;       ///< The number of samples of all cases.
  int disturbed_samples = 0;                ///< Samples with one or more of these disturbances.
  std::optional<double> overhead_median_s;  ///< A worker's time beyond its calls.
  /// Of Sample::empty_call_s over all samples.
  std::optional<double> empty_call_median_s;
  int finished_cases = 0;  ///< Cases that are not pending.
};

/// The same run gives the same analysis, bit for bit.
Analysis analyze(const record::Run& run);

}  // namespace attnbench::analyze
