// Few rows and many keys: K and V are read in several places at once, as fast as memory gives them.
#pragma once

#include "kernels/rows.h"

namespace attnbench::kernels {

/// Up to so many rows a key head, one vector of them, memory sets the pace. With two or three FMA
/// does, and keys in their order are faster; but AVX-512 multiplies as fast as memory gives these
/// too (32 rows over 131072 keys 1.11 times as fast, 48 1.07).
inline constexpr int64_t kStreamedRows = kLanes >= 16 ? kStripRows : kLanes;

/// Consecutive keys of the strip's lattice, as if every lane saw them.
KeyBlock consecutive_keys(const Job& job, const Strip& strip, const KeySpan& keys);

/// Adds a block of keys to these vectors of the strip in the way that suits its rows.
void attend_keys(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                 float* scores) noexcept;

/// Adds nearly all keys that every lane sees, and returns which; where they are few, none of them
/// and an empty span at the end. With the last of them it asks for the rows at next_k, which the
/// thread needs next; null: none.
KeySpan attend_streams(const Job& job, Strip& strip, const float* next_k, float* scores) noexcept;

}  // namespace attnbench::kernels
