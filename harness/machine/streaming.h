// The memory bandwidth that a number of threads reaches.
#pragma once

#include <cstdint>
#include <optional>

#include "record/record.h"

namespace attnbench::machine {

/// The bandwidths of streaming and of reading, in 1e9 bytes a second.
struct StreamRates {
  double stream_gbs = 0;  ///< Triads over three arrays; each is counted once a pass, and the read
                          ///< of a cache line before it is written is not counted.
  double read_gbs = 0;    ///< Reading the same arrays.
};

/// Each the best of `passes` passes by `threads` OpenMP threads. Together the arrays are 16 times
/// the largest cache, but at most 1 GiB and a quarter of the available memory. Throws
/// std::bad_alloc.
StreamRates stream_rates(int threads, record::Pages pages, int passes);

/// The bandwidth of reading `bytes` bytes again and again by `threads` OpenMP threads, each its own
/// part, in 1e9 bytes a second: the best of `bursts` bursts of some milliseconds. It is that of the
/// caches that hold them. Throws std::bad_alloc.
double rereading_gbs(int64_t bytes, int threads, record::Pages pages, int bursts);

/// The same just after a sample whose calls move `traffic_bytes` each, with fewer passes than for a
/// ceiling. Empty if the traffic is less than twice the last-level cache, or if there is no memory
/// for the arrays.
std::optional<StreamRates> stream_rates_after(int threads, record::Pages pages,
                                              int64_t traffic_bytes);

}  // namespace attnbench::machine
