// What this machine can do at most with a number of threads.
#pragma once

#include "record/record.h"

namespace attnbench::measure {

/// Measures for about a second. Starts `threads` OpenMP threads. Throws std::bad_alloc where the
/// streaming buffers (three of 4/3 of the last-level cache, 64 MiB to 1 GiB together, at most a
/// quarter of the available memory) do not fit.
record::Ceiling measure_ceiling(int threads);

/// GFLOP/s of pure fused multiply-adds by `threads` OpenMP threads here and now, in a burst of a
/// few milliseconds: what a sample's own moment could have given.
double fma_burst_gflops(int threads);

}  // namespace attnbench::measure
