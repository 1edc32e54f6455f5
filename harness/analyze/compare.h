// Two runs against each other, case by case: which differences are differences.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::analyze {

/// The noise floor of a machine where it was not measured: medians closer than this may be the
/// same.
inline constexpr double kDefaultNoiseFloor = 1.03;

/// The chance at most that a comparison of equals reports a difference in time anywhere. Half of it
/// is spent on single cases, half on pools.
inline constexpr double kFalseAlarms = 0.05;
inline constexpr double kHalfOfFalseAlarms = kFalseAlarms / 2;

enum class Difference {
  kSlower,
  kFaster,
  kSame,        ///< The interval lies within the noise floor.
  kCannotTell,  ///< `reason` says why.
  kBroken,      ///< Had a time, and now fails: `reason` says how.
  kNotTimed,    ///< BASE has no time to compare with: `reason` says why.
};

/// "slower", "faster", "same", "cannot tell", "broken", "not timed".
const char* verdict_name(Difference verdict);

/// One number of a case that is not a time, on both sides.
struct Quantity {
  enum class Change { kNone, kLess, kMore };
  const char* name;             ///< "workspace", "heap peak", "resident peak", "error".
  std::optional<double> base;   ///< Bytes; of the error, its part of its bound.
  std::optional<double> fresh;  ///< In NEW.
  Change change = Change::kNone;
};

struct CaseDifference {
  int base = 0;   ///< Index into BASE's cases.
  int fresh = 0;  ///< Into NEW's.
  std::optional<Summary> base_s;
  std::optional<Summary> fresh_s;
  std::optional<Ratio> ratio;      ///< NEW's median over BASE's: above 1 is slower.
  std::optional<double> p;         ///< Mann and Whitney's.
  std::optional<double> adjusted;  ///< The same, by Holm's correction over all cases.
  Difference verdict = Difference::kCannotTell;
  std::string reason;
  std::vector<Quantity> quantities;

  bool regressed() const;  ///< Slower or broken, or more of a quantity.
};

/// Many cases judged as one: what is slower everywhere is found here even where single cases have
/// too few samples for so many tests at once.
struct Pool {
  std::string variant;  ///< Whose cases these are; empty for those of the whole run.
  int cases = 0;
  Ratio ratio;          ///< NEW over BASE, of the median over the cases.
  double p = 1;         ///< Mann and Whitney's, of rounds.
  double adjusted = 1;  ///< The same, by Holm's correction over all pools.
  Difference verdict = Difference::kCannotTell;
  std::string reason;
};

/// Why two runs are not comparable. `kind` is what --allow takes.
struct Obstacle {
  std::string kind;  ///< "machine", "build", "settings" or "missing".
  std::string text;
};

struct Comparison {
  double noise_floor = kDefaultNoiseFloor;
  std::vector<CaseDifference> cases;  ///< In NEW's order.
  std::vector<Pool> pools;            ///< The whole run's first; see pool.h.
  std::vector<int> only_base;         ///< Cases that NEW lacks, or has skipped.
  std::vector<int> only_fresh;
  std::vector<Obstacle> obstacles;

  int count(Difference verdict) const;
  int judged() const;       ///< Cases with a verdict: all but kCannotTell and kNotTimed.
  int regressions() const;  ///< Of cases.
  bool regressed() const;   ///< A case, or a pool.
};

/// Matches cases by identity; where one run holds a case more than once, first with first. A case
/// is slower or faster where all of this holds: Mann and Whitney's test, corrected by Holm over all
/// timed cases, finds it at kHalfOfFalseAlarms; the bootstrapped interval of the ratio leaves out
/// 1; the ratio lies beyond `noise_floor`.
///
/// Two runs are two stretches of time. What the machine did in one and not in the other looks like
/// a difference of programs, and beyond the noise floor nothing in the samples tells them apart.
Comparison compare(const record::Run& base, const record::Run& fresh, double noise_floor);

}  // namespace attnbench::analyze
