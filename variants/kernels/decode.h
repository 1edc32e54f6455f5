// Decoding: attention of few query rows over a block of keys. Lanes are dims, not queries.
#pragma once

#include "kernels/load.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// The most rows that are attended with dims for lanes. With queries for lanes half of the lanes or
/// more would be empty, and reading K and V one broadcast float at a time would be slower than
/// memory is. AVX-512 has twice the lanes to fill, and the registers for twice the rows.
inline constexpr int64_t kDecodeRows = kHasAvx512 ? 8 : 4;

/// Whether keys and values of this type can be attended by strips that are decoding, which read
/// them where they are.
constexpr bool decodes_in_place(Type type) {
  return type != Type::kF16 || kConvertsF16;
}

/// Attends a block of keys within strip.keys: adds it to the sums of a strip that is_decoding().
/// The strip has 1, 2, 4 or kDecodeRows lanes, and head_dim is a multiple of kLanes. `scores` has
/// room for kDecodeRows floats a key, rounded up to whole vectors, and is aligned to 64 bytes.
void attend_decode(Strip& strip, const KeyBlock& block, float* scores) noexcept;

}  // namespace attnbench::kernels
