// Rounds: what the strips of a task see, one span of keys per row at a time.
#pragma once

#include <algorithm>
#include <cassert>
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

/// Cuts these keys into blocks of at most `block_keys`, and calls visit(i, part, block) for each
/// part of a block that strip i sees, of strips [first, last), which are on one lattice.
template <class Visit>
void for_each_part(int64_t block_keys, const Strip* strips, int64_t first, int64_t last,
                   const KeySpan& keys, const Visit& visit) {
  // All blocks get about as many keys: a short last one would cost more a key.
  const int64_t count = std::max<int64_t>(keys.end - keys.begin, 1);
  const int64_t step = round_up(divide_up(count, divide_up(count, block_keys)), kKeyGrid);
  for (int64_t key = keys.begin; key < keys.end;) {
    bool any = false;
    const KeySpan block{key, std::min(key + step, keys.end)};
    for (int64_t i = first; i < last; ++i) {
      const KeySpan now{std::max(block.begin, strips[i].keys.begin),
                        std::min(block.end, strips[i].keys.end)};
      if (now.begin >= now.end) continue;
      assert(now.end - now.begin <= block_keys && "A block has more keys than scratch");
      Part parts[kMostParts];
      const int some = cut_to_parts(strips[i], now, parts);
      for (int part = 0; part < some; ++part) visit(i, parts[part], block);
      any = any || some > 0;
    }
    key = any ? key + step : next_seen(strips + first, last - first, key + step);
  }
}

/// Whether it is faster to attend each strip on its own than to let all strips share each block of
/// keys. It is if they see few keys, or few in common: blocks that begin where one strip's keys
/// begin are fewer and fuller.
bool better_apart(const Job& job, const Strip* strips, int64_t count);

/// Whether the last query sees clearly more keys than the middle one, as under causal.
bool later_rows_see_more(const Exact& pattern, const Call& call);

}  // namespace attnbench::kernels
