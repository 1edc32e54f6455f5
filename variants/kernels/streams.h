// Streams: if few rows attend many keys, K and V are read in eight places at once. Memory then
// gives them faster.
#pragma once

#include "kernels/rows.h"

namespace attnbench::kernels {

/// Keys are read as streams if a key head has at most this many query rows. Memory sets the pace
/// for one vector of rows. For more rows FMA sets it, and reading the keys in their order is
/// faster. AVX-512 multiplies so fast that memory sets the pace for up to eight vectors: over 65536
/// keys or more, streams make 32 and 64 rows 1.1 times as fast, and 48, 96 and 128 rows 1.05 times.
/// (256 rows over 256 keys would take 1.03 times as long.)
inline constexpr int64_t kStreamedRows = kHasAvx512 ? 8 * kLanes : kLanes;

/// A block of consecutive keys of the strip's lattice, where they lie, not masked. Of other types
/// than float32 only strips that are decoding attend it.
KeyBlock consecutive_keys(const Job& job, const Strip& strip, const KeySpan& keys);

/// Attends a block of keys: adds it to these vectors of the strip, or to its rows if it is
/// decoding.
void attend_keys(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                 float* scores) noexcept;

/// Attends, as streams, nearly all of these keys that every lane of the strips sees, and returns
/// which keys it attended. If too few keys are seen by every lane, it attends none and returns an
/// empty span at the end. All strips are on one lattice. While it attends the last keys it
/// prefetches the rows at next_k, which the thread will read next; null: nothing.
KeySpan attend_streams(const Job& job, Strip* strips, int64_t count, const KeySpan& keys,
                       const void* next_k, float* scores) noexcept;

}  // namespace attnbench::kernels
