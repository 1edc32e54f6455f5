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

/// The chance at most that a comparison of equals reports a difference in time anywhere.
inline constexpr double kFalseAlarms = 0.05;

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

/// Why two runs are not comparable. `kind` is what --allow takes.
struct Obstacle {
  std::string kind;  ///< "machine", "build", "settings" or "missing".
  std::string text;
};

struct Comparison {
  double noise_floor = kDefaultNoiseFloor;
  std::vector<CaseDifference> cases;  ///< In NEW's order.
  std::vector<int> only_base;         ///< Cases that NEW lacks, or has skipped.
  std::vector<int> only_fresh;
  std::vector<Obstacle> obstacles;

  int count(Difference verdict) const;
  int regressions() const;
};

/// Matches cases by identity; where one run holds a case more than once, first with first. A case
/// is slower or faster where all of this holds: Mann and Whitney's test, corrected by Holm over all
/// timed cases, finds it at kFalseAlarms; the bootstrapped interval of the ratio leaves out 1; the
/// ratio lies beyond `noise_floor`.
Comparison compare(const record::Run& base, const record::Run& fresh, double noise_floor);

}  // namespace attnbench::analyze
