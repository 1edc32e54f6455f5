// Time in which a worker could not run: it or its conductor was stopped or frozen, or the machine
// slept.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>

namespace attnbench::run {

/// Holds back a terminal's stop (SIGTSTP) while it lives. Made before a child is started: a stop
/// that came before Stops watches the child would stop this process alone, and the child would run
/// on.
class HeldStop {
 public:
  HeldStop();
  ~HeldStop();
  HeldStop(const HeldStop&) = delete;
  HeldStop& operator=(const HeldStop&) = delete;

 private:
  sigset_t mask_before_{};
};

/// Watches one child from construction on; only one child is watched at a time. Blocks SIGCHLD,
/// which wakes a caller that waits with the mask of `waking`. Passes a terminal's stop (SIGTSTP) on
/// to the child, whose process group is not the terminal's.
class Stops {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// The longest time that may pass from one look to the next.
  static constexpr Duration kHeartbeat = std::chrono::milliseconds(500);

  explicit Stops(pid_t child);
  ~Stops();
  Stops(const Stops&) = delete;
  Stops& operator=(const Stops&) = delete;

  /// `mask` without the signals that a stop sends.
  static sigset_t waking(sigset_t mask);

  /// The time since the last look, if the child could not run in some of it; else 0.
  Duration look();

  bool any() const { return any_; }              ///< Whether there was such a time so far.
  bool stopped_now() const { return stopped_; }  ///< Whether the child alone is stopped.

 private:
  bool child_changed();
  void obey_terminal();

  pid_t child_;
  bool any_ = false;
  bool stopped_ = false;
  std::chrono::steady_clock::time_point last_look_;
  Duration slept_;
  sigset_t mask_before_{};
  struct sigaction on_child_before_ {};
  struct sigaction on_stop_before_ {};
};

}  // namespace attnbench::run
