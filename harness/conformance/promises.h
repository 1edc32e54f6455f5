// The promises of the contract, each as something that can be tried on one problem.
#pragma once

#include <span>
#include <string>

#include "conformance/trial.h"

namespace attnbench::conformance {

/// What came of trying a promise once.
struct Attempt {
  std::string failure;  ///< Empty if the promise held.
  std::string untried;  ///< Why this problem says nothing about the promise, else empty.
  std::string remark;   ///< An observation that reports count, else empty.
};

struct Promise {
  const char* name;
  Attempt (*attempt)(const registry::Entry& entry, const Trial& trial);
  void (*aim)(Trial& trial) = nullptr;  ///< Turns a random trial into one that tests the promise.
};

/// All promises; first those whose breach would make the others meaningless.
std::span<const Promise> promises();

}  // namespace attnbench::conformance
