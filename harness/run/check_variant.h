// The conformance suite from outside: each promise in a worker process, so that none can end it.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/conformance.h"
#include "registry/registry.h"

namespace attnbench::run {

struct CheckOptions {
  std::vector<std::string> worker_argv;
  int problems = 0;
  uint64_t seed = 0;
  double timeout_s = 0;  ///< Of one problem.
  sigset_t wake_mask{};  ///< Signal mask while a worker is awaited.
  std::function<bool()> interrupted;
  std::function<void(const std::string&)> note;  ///< Takes what befell a worker, in words.
  std::function<void(const conformance::Finding&)> found;  ///< Takes each finding when it is known.
};

/// Tries every promise on the variant, as conformance::check_conformance does. Where the variant
/// crashes, exits, throws or hangs, that is what was found of the promise, with the smallest
/// problem that still does so. Returns early where interrupted.
void check_variant(const registry::Entry& entry, const CheckOptions& options);

}  // namespace attnbench::run
