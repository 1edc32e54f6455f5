// What this machine can do at most with a number of threads.
#pragma once

#include <optional>

#include "measure/streaming.h"
#include "record/record.h"

namespace attnbench::measure {

/// Measures for about a second. Starts `threads` OpenMP threads. Throws std::bad_alloc where
/// Streaming's arrays do not fit.
record::Ceiling measure_ceiling(int threads);

/// What a sample's own moment could have given `threads` OpenMP threads: arithmetic by bursts of
/// half a millisecond, memory, where asked for, by four passes.
struct Moment {
  double fma_gflops = 0;             ///< Pure fused multiply-adds.
  double crowded_gflops = 0;         ///< The same among as many other instructions as in a kernel.
  std::optional<double> stream_gbs;  ///< Triads.
};
Moment measure_moment(int threads, const std::optional<Streaming>& streaming);

}  // namespace attnbench::measure
