// Turns the evidence on two sides into a verdict, for a case and for a pool alike.
#pragma once

#include <string>

#include "analyze/compare.h"
#include "analyze/two_samples.h"

namespace attnbench::analyze {

/// What is judged, beside the evidence itself.
struct Trial {
  const CompareOptions& options;
  Pairing pairing = Pairing::kSinglePair;
  int tests = 1;      ///< How many are judged at once.
  size_t base_n = 0;  ///< Samples or rounds of a side's first run.
  size_t fresh_n = 0;
  std::string unit;      ///< What base_n counts: "samples" or "rounds".
  std::string subjects;  ///< What `tests` counts: "cases" or "variants".
};

/// The evidence on two sides, by the method that fits how they were measured.
TwoSides weigh(const SideSamples& base, const SideSamples& fresh, const CompareOptions& options,
               uint64_t seed);

struct Judged {
  Difference verdict = Difference::kCannotTell;
  std::string reason;  ///< Why nothing can be told.
};

/// `adjusted` is the p-value after the correction for all `tests`.
Judged judge(const TwoSides& evidence, double adjusted, const Trial& trial);

}  // namespace attnbench::analyze
