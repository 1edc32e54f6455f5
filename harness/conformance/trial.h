// One random problem that a promise is tried on, and the smaller ones to shrink it to.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "measure/inputs.h"
#include "registry/registry.h"

namespace attnbench::conformance {

using Rng = std::mt19937_64;

/// Most threads that a problem of the suite is tried with.
inline constexpr int kMostThreads = 3;

/// Everything that decides what one call computes.
struct Trial {
  Problem problem;
  std::vector<int64_t> params;  ///< In declared order, within their limits; 0 for a list.
  std::vector<int64_t> list;    ///< The list param's values; mostly empty.
  int threads = 1;
  uint64_t seed = 0;  ///< Of the inputs.
  measure::InputStyle style = measure::InputStyle::kNormal;

  /// The call points into this trial.
  Call call() const { return {problem, params.data(), threads, registry::view(&list)}; }
};

/// A valid problem, mostly small: lengths to a few hundred around the edges of tiles, GQA, decode,
/// more queries than keys, usual and unusual head_dims, params anywhere within their limits.
Trial random_trial(const registry::Entry& entry, Rng& rng);

/// Valid trials that are smaller in one dimension each, or simpler in one param, the boldest first.
std::vector<Trial> smaller_trials(const registry::Entry& entry, const Trial& trial);

/// "normal", "large-logit", ...
const char* style_name(measure::InputStyle style);

/// The variant, its params and the problem in full, for people.
std::string describe(const registry::Entry& entry, const Trial& trial);

}  // namespace attnbench::conformance
