// SIGINT and SIGTERM as a question that the conductor asks, not as a sudden end.
#pragma once

#include <csignal>
#include <string>

namespace attnbench::cli {

/// While one lives, SIGINT and SIGTERM are blocked but where `wake_mask` is in force, and then only
/// noted; SIGPIPE is ignored. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// "SIGINT", "SIGTERM" or empty.
  std::string name() const;
  const sigset_t& wake_mask() const { return wake_mask_; }

 private:
  sigset_t wake_mask_{};
};

}  // namespace attnbench::cli
