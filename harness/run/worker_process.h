// One worker as a real process: spawned, fed, listened to, and killed with all its children.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace attnbench::run {

struct WorkerCommand {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string input;                     ///< Written to its standard input.
  double timeout_s = 0;
};

/// How a worker ended, and what it said.
struct WorkerEnd {
  enum class How { kExited, kSignalled, kTimeout, kInterrupted, kFlooded, kNotStarted };
  How how = How::kExited;
  int code = 0;                    ///< Exit code, signal number, or errno where it did not start.
  std::vector<std::string> facts;  ///< Whole lines from the facts pipe.
  std::string output_tail;         ///< The end of what it printed on stdout and stderr.
};

/// Runs the command in a process group of its own and waits for it; on timeout, interruption or a
/// flood of facts the whole group is killed. `wake_mask` is the signal mask while waiting and
/// `interrupted` is asked after each wake-up.
WorkerEnd run_worker_process(const WorkerCommand& command, const sigset_t& wake_mask,
                             const std::function<bool()>& interrupted);

/// Why a worker that did not finish its task failed, for people: "killed by SIGSEGV ...".
std::string describe_end(const WorkerEnd& end, double timeout_s);

/// This process's environment for a worker: BENCHMARK_* scrubbed, OpenMP set to `threads`.
std::vector<std::string> worker_environment(int threads);

}  // namespace attnbench::run
