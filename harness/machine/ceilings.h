// The most that this machine can do with a given number of threads.
#pragma once

#include <optional>

#include "record/record.h"

namespace attnbench::machine {

/// Measures for one to two seconds. Starts `threads` OpenMP threads. Throws as stream_rates does.
record::Ceiling measure_ceiling(int threads, record::Pages pages);

/// The rates that `threads` OpenMP threads reach just before or after a sample, measured by bursts
/// of half a millisecond.
struct Moment {
  double fma_gflops = 0;      ///< Pure fused multiply-adds.
  double crowded_gflops = 0;  ///< The same with two other instructions per three FMAs.
  /// Native multiply-adds of bf16: empty if they were not asked for, or if the build has none.
  std::optional<double> bf16_gflops = {};
};
Moment measure_moment(int threads, bool bf16);

}  // namespace attnbench::machine
