// The conformance suite: everything that a variant promises, tried on problems made for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::measure {

struct Promise;

/// One promise that was tried on one variant.
struct Finding {
  std::string promise;  ///< "agrees with the oracle", "stays inside its memory", ...
  int problems_tried = 0;
  bool ok = true;
  std::string failure;  ///< The smallest failing problem found, params, wrong element and why.
  std::string note;     ///< Why nothing was tried, or what else was seen; mostly empty.
};

/// Tries every promise of the contract on `problems` seeded random problems each; problems that the
/// variant does not support are not counted. Where the keys that it states are malformed, nothing
/// else is tried. Runs the variant in this process: a crash is a crash.
/// A write or read just outside its memory is survived and found, though. Not for two threads at a
/// time.
std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed);

/// The same for one promise.
Finding check_promise(const registry::Entry& entry, const Promise& promise, int problems,
                      uint64_t seed);

}  // namespace attnbench::measure
