// What the strips of a task see: the walks of their rows, a round at a time.
#pragma once

#include <cstdint>

#include "kernels/rows.h"
#include "kernels/strip.h"
#include "kernels/walks.h"

namespace attnbench::kernels {

/// Begins the walks of the strip's queries over the chunk's spans.
void start_walks(const Job& job, const Strip& strip, const KeySpan& chunk, SpanWalks& walks);

/// Sets what the strip sees to the span that each of its rows stands in, where it lies on the
/// lattice of the first key that any has not passed; and passes them. True where keys are left.
bool take_round(const Job& job, SpanWalks& walks, Strip& strip);

/// Some keys, and the vectors from the first to the last that sees any of them.
struct Part {
  KeySpan keys;
  VectorSpan vectors;
  bool masked;  ///< Not every lane of these sees every key.
};
/// A part begins and ends where a vector's keys do.
inline constexpr int kMostParts = 2 * kMaxVectors - 1;

/// Cuts these keys, which begin on the grid, into parts in their order, without those that lie
/// beyond what each vector of the strip sees. Returns how many.
int cut_to_parts(const Strip& strip, const KeySpan& keys, Part* parts);

/// The first key from `key` on that any lane of any strip sees, or the grid before it.
int64_t next_seen(const Strip* strips, int64_t count, int64_t key);

/// Whether the strips see so little, or so little in common, that one after the other beats sharing
/// each block of keys: blocks that begin where a strip's keys do are fewer and fuller.
bool better_apart(const Job& job, const Strip* strips, int64_t count);

/// Whether the last query sees clearly more keys than the middle one, as under causal.
bool later_rows_see_more(const Variant& pattern, const Call& call);

}  // namespace attnbench::kernels
