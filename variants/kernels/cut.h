// How one call of the engine is cut into tasks and scratch.
#pragma once

#include <cstdint>

#include "attnbench/problem.h"
#include "kernels/divide.h"
#include "kernels/engine.h"

namespace attnbench::kernels {

/// Streams of keys are an odd multiple of so many keys apart: of half a kilobyte or a little more,
/// or of a longer row. That spreads them over the sets of the caches; powers of two would put all
/// into the same few.
constexpr int64_t stream_unit(int64_t row_floats) {
  constexpr int64_t kApartFloats = 128;
  return divide_up(kApartFloats, row_floats);
}

/// Rows of all the query heads that share one key head.
constexpr int64_t group_size(const Problem& p) {
  return p.heads / p.kv_heads;
}
constexpr int64_t group_rows(const Problem& p) {
  return p.q_len * group_size(p);
}

/// The tasks of a call are the row blocks of each key head, times chunks of keys. The number of
/// threads has no say in it: the bits must not depend on it.
struct Cut {
  int64_t strip_rows;
  int64_t task_rows;
  int64_t tasks_a_head;
  int64_t block_keys;
  int64_t chunks;  ///< Stretches of keys that are attended apart and merged in their order.
  int64_t chunk_keys;
};
Cut cut_of(const Problem& problem, const Tile& tile);

/// Floats of one thread's scratch: q and out of each strip, and one block of scores.
int64_t thread_floats(const Problem& problem, const Tile& tile);

/// What a chunk leaves of a row: its unscaled output, its reference and its sum of weights.
constexpr int64_t partial_floats(const Problem& p) {
  return p.head_dim + 2;
}
/// Of all rows and chunks; 0 where keys are not cut.
int64_t all_partial_floats(const Problem& problem, const Cut& cut);

}  // namespace attnbench::kernels
