// Compares the runs of two sides case by case, and tells real differences from noise.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/sides.h"
#include "analyze/two_samples.h"
#include "record/record.h"

namespace attnbench::analyze {

/// The noise floor to use if a machine's own was not measured: medians closer than this may be the
/// same.
inline constexpr double kDefaultNoiseFloor = 1.03;

/// The largest chance that a comparison of equal programs reports any difference in time.
inline constexpr double kFalseAlarms = 0.05;

/// The level of the tests on single cases, and again of those on pools. Twice this leaves a fifth
/// of kFalseAlarms for drift that is not quite log-normal.
inline constexpr double kLevel = 0.02;

/// What two runs of one program may differ by if nobody measured it on this machine. Six runs of
/// three variants within three minutes on a quiet virtual machine of two cores lay up to 1.05x
/// apart as a whole, one variant up to 1.07x, single cases further, while the rounds of each run
/// agreed to 1 %. It counts as if five runs had shown it.
inline constexpr double kRunDrift = 1.10;
inline constexpr int kRunsOfDrift = 5;

struct CompareOptions {
  double noise_floor = kDefaultNoiseFloor;  ///< Of samples within one run; at least 1.
  std::optional<Drift> drift = {};          ///< Measured by `noise --runs`; empty: kRunDrift.
  double tolerance = 0;                     ///< 0.05: ratios up to 1.05 are the same.
  /// Whether one sweep measured both runs in the same rounds, so that no drift of the machine lies
  /// between them. Their settings may then be what differs: cases that are alike but for their
  /// params are matched, too. Holds for one run a side only.
  bool interleaved = false;

  Drift drift_or_default() const { return drift.value_or(drift_of_ratio(kRunDrift, kRunsOfDrift)); }
};

/// How the two sides were measured, and so what can be known of drift between them.
enum class Pairing {
  kInterleaved,  ///< In the same rounds: there is none.
  kSinglePair,   ///< One run a side: only known from other runs, or a default.
  kSeveralRuns,  ///< The runs themselves show it.
};

Pairing pairing(size_t base_runs, size_t fresh_runs, const CompareOptions& options);

/// Sides are the same if the whole interval of their ratio lies within this: the tolerance, or the
/// noise floor if that is larger. Of a single pair of runs, it is the interval without drift.
double same_band(const CompareOptions& options);

enum class Difference {
  kSlower,
  kFaster,
  kSame,        ///< The interval lies within `same_band`.
  kCannotTell,  ///< `reason` says why.
  kBroken,      ///< BASE has a time, and NEW failed: `reason` says how.
  kNotTimed,    ///< BASE has no time to compare with: `reason` says why.
};

/// "slower", "faster", "same", "cannot tell", "broken", "not timed".
const char* verdict_name(Difference verdict);

/// The name of record::Quality::relative_error among the numbers of a comparison.
inline constexpr char kDistance[] = "distance from full attention";

/// One number of a case in both runs, other than a time.
struct Quantity {
  enum class Change { kNone, kLess, kMore };
  /// "workspace", "saved for backward", "heap peak", "resident peak", "error", kDistance.
  const char* name;
  std::optional<double> base;   ///< Bytes; of the error its ratio to its bound; the relative error.
  std::optional<double> fresh;  ///< The same in NEW.
  Change change = Change::kNone;
};

struct CaseDifference {
  int base = 0;                      ///< Index into the cases of BASE's first run.
  int fresh = 0;                     ///< Index into those of NEW's first run.
  std::vector<ParamChange> changes;  ///< Params that differ, as defaults that changed.
  std::optional<Summary> base_s;
  std::optional<Summary> fresh_s;
  std::optional<Ratio> ratio;      ///< NEW's median over BASE's; above 1 is slower.
  std::optional<double> p;         ///< That there is no difference; see two_samples.h.
  std::optional<double> adjusted;  ///< `p` after Holm's correction over all cases.
  Difference verdict = Difference::kCannotTell;
  std::string reason;
  std::vector<Quantity> quantities;

  bool regressed() const;   ///< If slower or broken, or if a quantity grew.
  bool is_farther() const;  ///< If its distance from full attention grew.
  bool has_grown() const;   ///< If any other quantity grew: memory, or the rounding error.
};

/// Many cases judged as one. A pool finds a slowdown of all cases even if single cases have too few
/// samples for so many tests at once.
struct Pool {
  std::string variant;  ///< The variant of these cases; empty for the whole run.
  int cases = 0;
  Ratio ratio;          ///< NEW over BASE, of the medians over the cases.
  double p = 1;         ///< That there is no difference; see pool.h.
  double adjusted = 1;  ///< `p` after Holm's correction over all pools.
  Difference verdict = Difference::kCannotTell;
  std::string reason;
};

/// A reason why two runs are not comparable. --allow takes its `kind`.
struct Obstacle {
  std::string kind;  ///< "machine", "build", "settings" or "missing".
  std::string text;
};

struct Comparison {
  CompareOptions options = {};
  Pairing pairing = Pairing::kSinglePair;
  int base_runs = 1;
  int fresh_runs = 1;
  double noise_floor = kDefaultNoiseFloor;  ///< `same_band` of this comparison.
  std::vector<CaseDifference> cases;        ///< In the order of NEW's first run.
  std::vector<Pool> pools;                  ///< The whole run's pool comes first; see pool.h.
  std::vector<int> only_base;               ///< Cases that NEW lacks or skipped.
  std::vector<int> only_fresh;
  /// Cases that some runs of a side lack or skipped, which are not compared: "full, n=64: not in
  /// run 2 of BASE".
  std::vector<std::string> uneven;
  std::vector<Obstacle> obstacles;

  int count(Difference verdict) const;
  int judged() const;       ///< Cases with a verdict: all but kCannotTell and kNotTimed.
  int regressions() const;  ///< The number of cases that regressed.
  bool regressed() const;   ///< Whether a case or a pool regressed.
};

/// Compares two sides of one run or more. A case is slower or faster if all of this holds: its
/// p-value, corrected by Holm over all timed cases, is below kLevel; the whole interval
/// of the ratio lies beyond the tolerance; and for a single pair of runs the ratio lies beyond the
/// noise floor, too. p and interval hold the drift between runs, unless the runs are interleaved.
///
/// `base` and `fresh` are not empty.
Comparison compare(std::span<const record::Run> base, std::span<const record::Run> fresh,
                   const CompareOptions& options);

/// The same for one run a side.
Comparison compare(const record::Run& base, const record::Run& fresh,
                   const CompareOptions& options);

}  // namespace attnbench::analyze
