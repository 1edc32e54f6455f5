// What this machine can do at most with a number of threads.
#pragma once

#include "record/record.h"

namespace attnbench::machine {

/// Measures for about a second. Starts `threads` OpenMP threads. Throws as streaming_gbs does.
record::Ceiling measure_ceiling(int threads);

/// What a sample's own moment could have given `threads` OpenMP threads, by bursts of
/// half a millisecond.
struct Moment {
  double fma_gflops = 0;      ///< Pure fused multiply-adds.
  double crowded_gflops = 0;  ///< The same among as many other instructions as a kernel has.
};
Moment measure_moment(int threads);

}  // namespace attnbench::machine
