// What memory gives a number of threads.
#pragma once

#include <cstdint>
#include <optional>

namespace attnbench::measure {

/// The last-level cache, as far as the kernel tells, at least 16 MiB.
int64_t largest_cache_bytes();

/// 1e9 bytes a second of triads by `threads` OpenMP threads, the best of so many passes, over three
/// arrays that are there for as long: four times the largest cache together, but at most 1 GiB and
/// a quarter of the available memory. The three count once each; the line that a store reads first
/// does not. Throws std::bad_alloc.
double streaming_gbs(int threads, int passes);

/// The same after a sample, with about as many passes as for a ceiling; empty where there is no
/// memory for arrays beyond the caches.
std::optional<double> streaming_gbs_now(int threads);

}  // namespace attnbench::measure
