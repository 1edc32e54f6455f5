// Few rows and many keys: K and V are read in several places at once, as fast as memory gives them.
#pragma once

#include "kernels/rows.h"

namespace attnbench::kernels {

/// Up to so many rows a key head, one vector, memory sets the pace. With more, FMA does, and keys
/// in their order are 5 to 11 % faster.
inline constexpr int64_t kStreamedRows = kLanes;

/// How far apart the streams of such rows of keys are: an odd multiple of so many keys.
constexpr int64_t stream_unit(int64_t row_floats) {
  constexpr int64_t kApartFloats = 128;
  return divide_up(kApartFloats, row_floats);
}

/// Consecutive keys of the strip's lattice, as if every lane saw them.
KeyBlock block_of(const Job& job, const Strip& strip, const KeySpan& keys);

/// Adds a block of keys to the strip in the way that suits its rows.
void attend_keys(Strip& strip, const KeyBlock& block, float* scores) noexcept;

/// Adds nearly all keys that every lane sees, and returns which; where they are few, none of them
/// and an empty span at the end.
KeySpan attend_streams(const Job& job, Strip& strip, float* scores) noexcept;

}  // namespace attnbench::kernels
