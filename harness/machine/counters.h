// Hardware counters of this process and of the threads that it starts later.
#pragma once

#include <array>
#include <string>

#include "record/record.h"

namespace attnbench::machine {

/// Counts cycles, instructions and last-level cache misses in user mode. Construct it before any
/// thread starts, because it counts only threads that start later. An event that cannot be counted
/// stays empty.
class HardwareCounters {
 public:
  HardwareCounters();
  ~HardwareCounters();
  HardwareCounters(const HardwareCounters&) = delete;
  HardwareCounters& operator=(const HardwareCounters&) = delete;

  void start();
  record::Counters since_start() const;

  /// "available", or a sentence that says which event cannot be counted and why.
  const std::string& status() const { return status_; }

 private:
  static constexpr size_t kEvents = 3;
  record::Counters read() const;

  std::array<int, kEvents> fds_;
  record::Counters before_;
  std::string status_ = "available";
};

}  // namespace attnbench::machine
