// The conformance suite: everything that a variant promises, tried on problems made for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::measure {

/// One promise that was tried on one variant.
struct Finding {
  std::string promise;  ///< "agrees with the oracle", "writes nothing outside its workspace", ...
  int problems_tried = 0;
  bool ok = true;
  std::string failure;  ///< The problem, params, first wrong element, expected and actual.
};

/// Tries every promise of the contract on `problems` seeded random problems each.
std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed);

}  // namespace attnbench::measure
