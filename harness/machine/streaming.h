// What memory gives a number of threads.
#pragma once

#include <cstdint>
#include <optional>

namespace attnbench::machine {

/// 1e9 bytes a second of triads by `threads` OpenMP threads, the best of so many passes, over three
/// arrays that are there for as long: four times the largest cache together, but at most 1 GiB and
/// a quarter of the available memory. The three count once each; the line that a store reads first
/// does not. Throws std::bad_alloc.
double streaming_gbs(int threads, int passes);

/// The same right after a sample whose calls move so many bytes each, with about as many passes as
/// for a ceiling. Empty where that is less than twice the last-level cache, or where there is no
/// memory for arrays of as much.
std::optional<double> streaming_gbs_after(int threads, int64_t traffic_bytes);

}  // namespace attnbench::machine
