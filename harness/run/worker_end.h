// How a worker ended, and what that means for its variant.
#pragma once

#include <string>
#include <vector>

namespace attnbench::run {

struct WorkerEnd {
  enum class How {
    kExited,
    kSignalled,
    kTimeout,
    kInterrupted,
    kFlooded,
    kNotStarted,
    kOutOfMemory,  ///< The kernel killed it for lack of memory.
    kCpuLimit,     ///< It used up the CPU time that the shell's limits (ulimit -t) give a process.
  };
  How how = How::kExited;
  int code = 0;                    ///< Exit code, signal number, or errno if it did not start.
  std::vector<std::string> facts;  ///< Whole lines from the facts pipe.
  std::string output_tail;         ///< The end of what it printed on stdout and stderr.
  double wall_s = 0;               ///< From its start to its end.
  bool stopped = false;            ///< Whether it could not run for part of that time; see Stops.
};

/// How the reason of a worker that timed out begins.
inline constexpr const char* kTimedOut = "no answer within timeout_s";

/// Why a worker's times are not kept.
inline constexpr const char* kStopped =
    "could not run for a while: it or its parent was stopped, or the machine slept";

/// Whether it ended by itself, but could not run for part of its time.
bool is_disturbed(const WorkerEnd& end);

/// Whether an allocation failed or the kernel killed it for lack of memory.
bool is_out_of_memory(const WorkerEnd& end);

/// Whether it died of a signal that only others send: a kill by hand, by a scheduler or by a daemon
/// that watches memory.
bool killed_by_others(const WorkerEnd& end);

/// Whether the reason of its end lies outside its variant, so that the same may end well next time.
bool is_outside_variant(const WorkerEnd& end);

/// Why a worker that did not finish its task failed, for people: "killed by SIGSEGV ...".
std::string describe_end(const WorkerEnd& end, double timeout_s);

}  // namespace attnbench::run
