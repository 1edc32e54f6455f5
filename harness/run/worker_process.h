// One worker as a real process: spawned, fed, listened to, and killed with all its children.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "run/worker_end.h"

namespace attnbench::run {

struct WorkerCommand {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string input;                     ///< Written to its standard input.
  double timeout_s = 0;
};

/// What waiting for a worker needs.
struct Surroundings {
  sigset_t wake_mask{};                          ///< Signal mask while waiting.
  std::function<bool()> interrupted;             ///< Asked after each wake-up.
  std::function<int64_t()> oom_kills;            ///< As machine::oom_kills_so_far.
  std::function<void(const std::string&)> note;  ///< Takes messages for people.
};

/// Runs the command in a process group of its own and waits for it; on timeout, interruption or a
/// flood of facts the whole group is killed. Time in which the worker could not run is no part of
/// timeout_s. A worker that others killed, or that could not run for a while, is run again, up to
/// kMostAttempts times in all, because its end and its times say nothing about its variant.
WorkerEnd run_worker(const WorkerCommand& command, const Surroundings& surroundings);

inline constexpr int kMostAttempts = 5;

}  // namespace attnbench::run
