// Few rows and many keys: K and V are read in several places at once, as fast as memory gives them.
#pragma once

#include "kernels/rows.h"

namespace attnbench::kernels {

/// Up to so many rows a key head keys are read as streams. For one vector of rows memory sets the
/// pace; for more FMA does, and keys in their order are faster. But what AVX-512 multiplies memory
/// gives too slowly for more of them: over 65536 keys and more streams make 32 and 64 rows 1.1
/// times as fast, 48, 96 and 128 1.05; 256 rows of 256 keys would take 1.03 times as long.
inline constexpr int64_t kStreamedRows = kHasAvx512 ? 8 * kLanes : kLanes;

/// Consecutive keys of the strip's lattice, as if every lane saw them.
KeyBlock consecutive_keys(const Job& job, const Strip& strip, const KeySpan& keys);

/// Adds a block of keys to these vectors of the strip, or to its few rows.
void attend_keys(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                 float* scores) noexcept;

/// Adds to the strips, all of one lattice, nearly all of these keys that every lane sees, and
/// returns which; where they are few, none of them and an empty span at the end. With the last of
/// them it asks for the rows at next_k, which the thread needs next; null: none.
KeySpan attend_streams(const Job& job, Strip* strips, int64_t count, const KeySpan& keys,
                       const float* next_k, float* scores) noexcept;

}  // namespace attnbench::kernels
