// Finds stops in three ways: the kernel reports them, two clocks disagree, or a look comes late.
#include "run/stops.h"

#include <sys/wait.h>

#include <ctime>

namespace attnbench::run {
namespace {

using Clock = std::chrono::steady_clock;

/// A delay of more than this is taken for a stop, not for a mere wait for a CPU.
constexpr Clock::duration kLate = std::chrono::seconds(1);

volatile std::sig_atomic_t g_stop_asked = 0;

void wake(int) {}
void note_stop(int) {
  g_stop_asked = 1;
}

struct sigaction handled_by(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  return action;
}

/// How long the machine has slept since its start: one clock counts that time, the other doesn't.
Clock::duration slept() {
  timespec with{}, without{};
  clock_gettime(CLOCK_MONOTONIC, &without);
  clock_gettime(CLOCK_BOOTTIME, &with);
  return std::chrono::seconds(with.tv_sec - without.tv_sec) +
         std::chrono::nanoseconds(with.tv_nsec - without.tv_nsec);
}

}  // namespace

HeldStop::HeldStop() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGTSTP);
  sigprocmask(SIG_BLOCK, &held, &mask_before_);
}

HeldStop::~HeldStop() {
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

Stops::Stops(pid_t child) : child_(child), last_look_(Clock::now()), slept_(slept()) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigaddset(&blocked, SIGTSTP);
  sigprocmask(SIG_BLOCK, &blocked, &mask_before_);
  const struct sigaction on_child = handled_by(wake), on_stop = handled_by(note_stop);
  g_stop_asked = 0;
  sigaction(SIGCHLD, &on_child, &on_child_before_);
  sigaction(SIGTSTP, &on_stop, &on_stop_before_);
  if (on_stop_before_.sa_handler == SIG_IGN) sigaction(SIGTSTP, &on_stop_before_, nullptr);
}

Stops::~Stops() {
  sigaction(SIGCHLD, &on_child_before_, nullptr);
  sigaction(SIGTSTP, &on_stop_before_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

sigset_t Stops::waking(sigset_t mask) {
  sigdelset(&mask, SIGCHLD);
  sigdelset(&mask, SIGTSTP);
  return mask;
}

bool Stops::child_changed() {
  bool changed = false;
  for (siginfo_t info{};; info = {}) {
    if (waitid(P_PID, static_cast<id_t>(child_), &info, WSTOPPED | WCONTINUED | WNOHANG) != 0 ||
        info.si_pid == 0)
      return changed;
    changed = true;
    // A child that asks for the terminal (SIGTTIN, SIGTTOU) never gets it: that is a hang.
    stopped_ =
        info.si_code == CLD_STOPPED && (info.si_status == SIGSTOP || info.si_status == SIGTSTP);
  }
}

void Stops::obey_terminal() {
  g_stop_asked = 0;
  kill(-child_, SIGSTOP);
  raise(SIGSTOP);  // Returns when this process is continued.
  kill(-child_, SIGCONT);
}

Stops::Duration Stops::look() {
  const bool was_stopped = stopped_, was_asked = g_stop_asked != 0;
  if (was_asked) obey_terminal();
  const bool changed = child_changed();
  const Duration passed = Clock::now() - last_look_, slept_now = slept();
  const bool lost = was_stopped || was_asked || changed || passed > kHeartbeat + kLate ||
                    slept_now - slept_ > kLate;
  last_look_ += passed;
  slept_ = slept_now;
  any_ = any_ || lost;
  return lost ? passed : Duration::zero();
}

}  // namespace attnbench::run
