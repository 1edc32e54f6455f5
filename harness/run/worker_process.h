// One worker as a real process: spawned, fed, listened to, and killed with all its children.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "run/fork_server.h"
#include "run/surroundings.h"
#include "run/worker_end.h"

namespace attnbench::run {

struct WorkerCommand {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string input;                     ///< Written to its standard input.
  double timeout_s = 0;
  /// Starts it in place of argv and environment; null for those.
  std::shared_ptr<ForkServers> servers = {};
};

/// Has `servers`, which may be null, start the worker if they serve this variant.
void use_file_workers(const std::shared_ptr<ForkServers>& servers, const std::string& variant,
                      WorkerCommand& command);

/// Runs the command in a process group of its own and waits for it; on timeout, interruption or a
/// flood of facts the whole group is killed. Time in which the worker could not run is no part of
/// timeout_s. A worker that others killed, or that could not run for a while, is run again, up to
/// kMostAttempts times in all, because its end and its times say nothing about its variant.
WorkerEnd run_worker(const WorkerCommand& command, const Surroundings& surroundings);

inline constexpr int kMostAttempts = 5;

}  // namespace attnbench::run
