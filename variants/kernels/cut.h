// How one call of the engine is cut into tasks, and how much scratch the tasks take.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/problem.h"
#include "kernels/divide.h"
#include "kernels/engine.h"

namespace attnbench::kernels {

/// Streams of keys begin an odd multiple of this many keys apart. The unit is half a kilobyte or a
/// little more, or one row if that is longer. Odd multiples spread the streams over the sets of the
/// caches; powers of two would put all of them into the same few sets.
constexpr int64_t stream_unit(int64_t bytes_of_row) {
  constexpr int64_t kApartBytes = 512;
  return divide_up(kApartBytes, bytes_of_row);
}

/// How many query heads share one key head.
constexpr int64_t group_size(const Problem& p) {
  return p.heads / p.kv_heads;
}
/// The query rows of all those heads.
constexpr int64_t group_rows(const Problem& p) {
  return p.q_len * group_size(p);
}

/// The order in which a key head's queries become rows. Queries of one residue class modulo `step`
/// (those whose distance is a multiple of step) follow one another, and residues ascend.
class QueryOrder {
 public:
  QueryOrder(int64_t q_len, int64_t step)
      : step_(step), length_(q_len / step), longer_(q_len % step) {}

  /// The step is also the number of residues; queries that do not exist leave no gaps.
  int64_t step() const { return step_; }
  /// Whether the queries keep their own order.
  bool is_identity() const { return step_ == 1 || length_ + longer_ == 1; }
  /// The place in this order of a residue's first query. For step() it is the number of queries.
  int64_t begin_of(int64_t residue) const { return residue * length_ + std::min(residue, longer_); }
  /// The residue of the query at a place.
  int64_t residue_at(int64_t place) const {
    if (is_identity()) return step_ == 1 ? 0 : place;
    const int64_t of_longer = longer_ * (length_ + 1);
    return place < of_longer ? place / (length_ + 1) : longer_ + (place - of_longer) / length_;
  }
  int64_t query_at(int64_t place) const {
    if (is_identity()) return place;
    const int64_t residue = residue_at(place);
    return residue + (place - begin_of(residue)) * step_;
  }

 private:
  int64_t step_;
  int64_t length_;  ///< Queries of a residue; the first longer_ residues have one more.
  int64_t longer_;
};

struct RowSpan {
  int64_t begin;
  int64_t end;
  bool operator==(const RowSpan&) const = default;
};

/// How a call is cut: a task is some rows of a key head and a chunk of its keys. The cut does not
/// depend on the number of threads, because the bits of the result must not.
struct Cut {
  QueryOrder order;
  int64_t task_rows;      ///< The most rows of a task. It may exceed the tile's, for small heads.
  int64_t task_residues;  ///< How many whole residues a task has; if 1, it may be a part of one.
  int64_t tasks_a_head;
  int64_t block_keys;
  int64_t chunks;  ///< Stretches of keys that are attended separately; their results are merged.
  int64_t chunk_keys;

  /// The rows of a task of a key head, if each query has `group` rows. The span may be empty, and
  /// then it may begin beyond its end. Tasks that read neighbouring keys follow one another.
  RowSpan rows_of(int64_t task, int64_t group) const {
    const int64_t lots = divide_up(order.step(), task_residues);
    const int64_t first = task % lots * task_residues;
    const int64_t begin = order.begin_of(first) * group + task / lots * task_rows;
    const int64_t end = order.begin_of(std::min(first + task_residues, order.step())) * group;
    return {begin, std::min(begin + task_rows, end)};
  }
};
/// The most rows of a task. If there are many heads, a head that would make two tasks is one task:
/// its last strips then prefetch the next head, and the next head's rows see the same keys as this
/// one's, so that they need not be asked for. For this 32 sequences of 128 are 1.16 times as fast
/// if they are causal, and else 1.07 times.
int64_t most_rows(const Problem& problem, const Tile& tile);

/// The cut of a problem in which keys are not cut into chunks.
Cut cut_rows(const Problem& problem, const Tile& tile);
/// The cut of a problem in which keys are cut into chunks if few queries would make too few tasks.
Cut cut_of(const Problem& problem, const Tile& tile);

/// The floats of one thread's scratch: q and out of each strip of a task, one block of scores, and,
/// if keys and values are narrower than float32, one block of them (wide_block.h).
int64_t thread_floats(const Problem& problem, const Tile& tile);

/// The floats that a chunk leaves of a row: the output before it is divided by the sum of weights,
/// the reference, and the sum of weights.
constexpr int64_t partial_floats(const Problem& p) {
  return p.head_dim + 2;
}
/// The floats that all chunks leave of all rows; 0 if keys are not cut.
int64_t all_partial_floats(const Problem& problem, const Cut& cut);

}  // namespace attnbench::kernels
