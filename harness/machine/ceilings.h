// The most that this machine can do with a given number of threads.
#pragma once

#include "record/record.h"

namespace attnbench::machine {

/// Measures for about a second. Starts `threads` OpenMP threads. Throws as stream_rates does.
record::Ceiling measure_ceiling(int threads, record::Pages pages);

/// The rates that `threads` OpenMP threads reach just before or after a sample, measured by bursts
/// of half a millisecond.
struct Moment {
  double fma_gflops = 0;      ///< Pure fused multiply-adds.
  double crowded_gflops = 0;  ///< The same with two other instructions per three FMAs.
};
Moment measure_moment(int threads);

}  // namespace attnbench::machine
