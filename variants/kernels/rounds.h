// Rounds: what the strips of a task see, one span of keys per row at a time.
#pragma once

#include <cstdint>

#include "kernels/rows.h"
#include "kernels/strip.h"
#include "kernels/walks.h"

namespace attnbench::kernels {

/// Begins the walks of the strip's queries over the keys of a chunk.
void start_walks(const Job& job, const Strip& strip, const KeySpan& chunk, SpanWalks& walks);

/// Takes the strip's next round. The round's lattice is that of the first span that any row's walk
/// stands in. Each row whose walk stands in a span on that lattice sees this span in the round, and
/// its walk moves on; the other rows see nothing. Returns whether there are spans left for another
/// round.
bool take_round(const Job& job, SpanWalks& walks, Strip& strip);

/// A part of a block: some of its keys, and the vectors from the first to the last that see any of
/// these keys.
struct Part {
  KeySpan keys;
  VectorSpan vectors;
  bool masked;  ///< Whether some lane of these vectors does not see some of the keys.
};
/// A block is cut only where a vector's keys begin or end.
inline constexpr int kMostParts = 2 * kMaxVectors - 1;

/// Cuts a block of keys, which begins on the grid, into parts, in ascending order. Keys that no
/// vector of the strip sees are in no part. Returns the number of parts.
int cut_to_parts(const Strip& strip, const KeySpan& keys, Part* parts);

/// The first key from `key` on that any lane of any of the strips sees, rounded down to the grid.
int64_t next_seen(const Strip* strips, int64_t count, int64_t key);

/// Whether it is faster to attend each strip on its own than to let all strips share each block of
/// keys. It is if they see few keys, or few in common: blocks that begin where one strip's keys
/// begin are fewer and fuller.
bool better_apart(const Job& job, const Strip* strips, int64_t count);

/// Whether the last query sees clearly more keys than the middle one, as under causal.
bool later_rows_see_more(const Exact& pattern, const Call& call);

}  // namespace attnbench::kernels
