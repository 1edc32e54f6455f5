// The conformance suite: everything that a variant promises, tried on problems made for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/promises.h"
#include "conformance/trial.h"
#include "registry/registry.h"

namespace attnbench::conformance {

/// One promise that was tried on one variant.
struct Finding {
  std::string promise;  ///< "agrees with the oracle", "stays inside its memory", ...
  int problems_tried = 0;
  bool ok = true;
  std::string failure;  ///< The smallest failing problem found, params, wrong element and why.
  std::string note;     ///< Why nothing was tried, or what else was seen; mostly empty.
};

/// Tries every promise of the contract on `problems` seeded random problems each; problems that the
/// variant does not support are not counted. If the keys that the variant states are malformed,
/// nothing else is tried. Runs the variant in this process, which a crash ends (run::check_variant
/// survives it). An access just outside the variant's memory is found and survived, though. Not for
/// two threads at a time.
std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed);

/// Called before each problem is tried, with the number of problems that counted as tried by then.
using Announce = std::function<void(const Trial& trial, int problems_tried)>;

/// The same for one promise.
Finding check_promise(const registry::Entry& entry, const Promise& promise, int problems,
                      uint64_t seed, const Announce& announce = {});

/// The same for one problem, which is untried if the variant does not support it.
Attempt attempt_once(const registry::Entry& entry, const Promise& promise, const Trial& trial);

/// A problem that fails, and how it fails.
struct Failure {
  Trial trial;
  std::string text;
};

/// One line for people: the smallest failure found, and the one that it was shrunk from.
std::string describe_failure(const registry::Entry& entry, const Failure& smallest,
                             const Failure& first);

}  // namespace attnbench::conformance
