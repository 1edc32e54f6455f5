// The memory bandwidth that a number of threads reaches.
#pragma once

#include <cstdint>
#include <optional>

namespace attnbench::machine {

/// The bandwidth of triads by `threads` OpenMP threads, in 1e9 bytes a second: the best of `passes`
/// passes over three arrays. Together the arrays are four times the largest cache, but at most 1
/// GiB and a quarter of the available memory. A pass counts each array once; the read of a cache
/// line before it is written is not counted. Throws std::bad_alloc.
double streaming_gbs(int threads, int passes);

/// The same just after a sample whose calls move `traffic_bytes` each, with about as many passes as
/// for a ceiling. Empty if the traffic is less than twice the last-level cache, or if there is no
/// memory for the arrays.
std::optional<double> streaming_gbs_after(int threads, int64_t traffic_bytes);

}  // namespace attnbench::machine
