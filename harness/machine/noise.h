// What else went on while something was timed: the difference of two readings of the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "record/record.h"

namespace attnbench::machine {

/// Watches from its construction on.
class NoiseWatch {
 public:
  NoiseWatch();
  /// Since then, all threads of this process and, for steal and pressure, the whole machine.
  record::Noise so_far() const;

 private:
  std::optional<double> load_1min_;
  int64_t involuntary_switches_;
  std::optional<double> steal_s_;
  std::optional<double> cpu_pressure_s_;
};

/// CPU time stolen from all CPUs since boot, of /proc/stat's text; `ticks` a second.
std::optional<double> steal_seconds(std::string_view stat, double ticks);

/// Time since boot that some task waited for a CPU, of /proc/pressure/cpu's text.
std::optional<double> pressure_seconds(std::string_view pressure);

/// The highest "cpu MHz" of /proc/cpuinfo's text.
std::optional<double> highest_mhz(std::string_view cpuinfo);

}  // namespace attnbench::machine
