// Records SIGINT and SIGTERM for the conductor to ask about, instead of ending the program at once.
#pragma once

#include <csignal>
#include <string>

namespace attnbench::cli {

/// While an object lives, SIGINT and SIGTERM are blocked unless `wake_mask` is the signal mask;
/// then they are only recorded. SIGPIPE is ignored. At most one object may live at a time.
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

/// What a shell makes of this signal: 130 or 143; 0 for no name.
int interrupted_exit_code(const std::string& name);

}  // namespace attnbench::cli
