// What else happened while something was timed: the difference between two readings of the kernel's
// counters.
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
  /// What happened since construction: in all threads of this process and, for steal and pressure,
  /// on the whole machine.
  record::Noise so_far() const;

 private:
  std::optional<double> load_1min_;
  int64_t involuntary_switches_;
  std::optional<double> steal_s_;
  std::optional<double> cpu_pressure_s_;
};

/// CPU time stolen from all CPUs since boot, in seconds, from the text of /proc/stat, which counts
/// in ticks of 1 / `ticks` seconds.
std::optional<double> steal_seconds(std::string_view stat, double ticks);

/// Time since boot in which some task waited for a CPU, from the text of /proc/pressure/cpu.
std::optional<double> pressure_seconds(std::string_view pressure);

/// The highest "cpu MHz" in the text of /proc/cpuinfo.
std::optional<double> highest_mhz(std::string_view cpuinfo);

}  // namespace attnbench::machine
