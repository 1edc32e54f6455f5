// Compares two runs case by case, and tells real differences from noise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::analyze {

/// The noise floor to use if a machine's own was not measured: medians closer than this may be the
/// same.
inline constexpr double kDefaultNoiseFloor = 1.03;

/// The largest chance that a comparison of equal programs reports any difference in time. Half of
/// it is spent on single cases, half on pools.
inline constexpr double kFalseAlarms = 0.05;
inline constexpr double kHalfOfFalseAlarms = kFalseAlarms / 2;

/// How far runs of one program lie apart: the standard deviation of log(median) over `runs` runs.
struct Drift {
  double sd = 0;
  int runs = 0;
};

struct CompareOptions {
  double noise_floor = kDefaultNoiseFloor;  ///< Of samples within one run; at least 1.
  std::optional<Drift> drift = {};          ///< Measured by `noise --runs`; empty: a default.
  double tolerance = 0;                     ///< 0.05: ratios up to 1.05 are the same.
  /// Whether one sweep measured both runs in the same rounds, so that no drift of the machine lies
  /// between them. Their settings may then be what differs: cases that are alike but for their
  /// params are matched, too.
  bool interleaved = false;
};

enum class Difference {
  kSlower,
  kFaster,
  kSame,        ///< The interval lies within the noise floor.
  kCannotTell,  ///< `reason` says why.
  kBroken,      ///< BASE has a time, and NEW failed: `reason` says how.
  kNotTimed,    ///< BASE has no time to compare with: `reason` says why.
};

/// "slower", "faster", "same", "cannot tell", "broken", "not timed".
const char* verdict_name(Difference verdict);

/// One number of a case in both runs, other than a time.
struct Quantity {
  enum class Change { kNone, kLess, kMore };
  const char* name;             ///< "workspace", "heap peak", "resident peak", "error".
  std::optional<double> base;   ///< Bytes, or for the error its ratio to its bound.
  std::optional<double> fresh;  ///< The same in NEW.
  Change change = Change::kNone;
};

struct CaseDifference {
  int base = 0;   ///< Index into BASE's cases.
  int fresh = 0;  ///< Index into NEW's cases.
  std::optional<Summary> base_s;
  std::optional<Summary> fresh_s;
  std::optional<Ratio> ratio;      ///< NEW's median over BASE's; above 1 is slower.
  std::optional<double> p;         ///< The p-value of Mann and Whitney's test.
  std::optional<double> adjusted;  ///< `p` after Holm's correction over all cases.
  Difference verdict = Difference::kCannotTell;
  std::string reason;
  std::vector<Quantity> quantities;

  bool regressed() const;  ///< If slower or broken, or if a quantity grew.
};

/// Many cases judged as one. A pool finds a slowdown of all cases even if single cases have too few
/// samples for so many tests at once.
struct Pool {
  std::string variant;  ///< The variant of these cases; empty for the whole run.
  int cases = 0;
  Ratio ratio;          ///< NEW over BASE, of the medians over the cases.
  double p = 1;         ///< The p-value of Mann and Whitney's test on rounds.
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
  double noise_floor = kDefaultNoiseFloor;
  CompareOptions options = {};
  std::vector<CaseDifference> cases;  ///< In NEW's order.
  std::vector<Pool> pools;            ///< The whole run's pool comes first; see pool.h.
  std::vector<int> only_base;         ///< Cases that NEW lacks or skipped.
  std::vector<int> only_fresh;
  std::vector<Obstacle> obstacles;

  int count(Difference verdict) const;
  int judged() const;       ///< Cases with a verdict: all but kCannotTell and kNotTimed.
  int regressions() const;  ///< The number of cases that regressed.
  bool regressed() const;   ///< Whether a case or a pool regressed.
};

/// Matches cases by identity; if a run holds a case more than once, the first is matched with the
/// first, and so on. A case is slower or faster if all of this holds: Mann and Whitney's test,
/// corrected by Holm over all timed cases, is significant at kHalfOfFalseAlarms; the bootstrapped
/// interval of the ratio excludes 1; the ratio lies beyond `noise_floor`.
///
/// The two runs took place at different times. A disturbance of the machine in one of them looks
/// like a difference between the programs, and if it exceeds the noise floor, the samples cannot
/// tell the two apart.
Comparison compare(const record::Run& base, const record::Run& fresh,
                   const CompareOptions& options);

}  // namespace attnbench::analyze
