// Runs each promise of the conformance suite in a worker process, so that a crash does not end it.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/conformance.h"
#include "registry/registry.h"
#include "run/fork_server.h"

namespace attnbench::run {

struct CheckOptions {
  std::vector<std::string> worker_argv;
  /// Start the workers of some variants in place of worker_argv; null for none.
  std::shared_ptr<ForkServers> file_workers = {};
  int problems = 0;
  uint64_t seed = 0;
  double timeout_s = 0;  ///< Limit for one problem.
  sigset_t wake_mask{};  ///< Signal mask while a worker is awaited.
  std::function<bool()> interrupted;
  std::function<void(const std::string&)> note;            ///< Takes messages about workers.
  std::function<void(const conformance::Finding&)> found;  ///< Takes each finding when it is known.
};

/// Tries every promise on the variant, in the order of conformance::check_conformance, but each on
/// all `problems`, those that take a training step, too. If the variant
/// crashes, exits, throws or hangs, this is the promise's finding, with the smallest problem found
/// that still does so. Returns early if interrupted.
void check_variant(const registry::Entry& entry, const CheckOptions& options);

}  // namespace attnbench::run
