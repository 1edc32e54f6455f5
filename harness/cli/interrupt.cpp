// Installs and removes the signal handlers.
#include "cli/interrupt.h"

namespace attnbench::cli {
namespace {

volatile std::sig_atomic_t g_signal = 0;

void note(int signal) {
  g_signal = signal;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  g_signal = 0;
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &wake_mask_);
  sigdelset(&wake_mask_, SIGINT);
  sigdelset(&wake_mask_, SIGTERM);
  handle(SIGINT, note);
  handle(SIGTERM, note);
  handle(SIGPIPE, SIG_IGN);
}

Interrupt::~Interrupt() {
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  handle(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &wake_mask_, nullptr);
}

std::string Interrupt::name() const {
  // A signal that came while signals were blocked, between two workers, is pending: unblock it.
  sigset_t before;
  sigprocmask(SIG_SETMASK, &wake_mask_, &before);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return g_signal == SIGINT ? "SIGINT" : g_signal == SIGTERM ? "SIGTERM" : "";
}

int interrupted_exit_code(const std::string& name) {
  return name == "SIGINT" ? 128 + SIGINT : name == "SIGTERM" ? 128 + SIGTERM : 0;
}

}  // namespace attnbench::cli
