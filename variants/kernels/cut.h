// How one call of the engine is cut into tasks and scratch.
#pragma once

#include <algorithm>
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

/// The order of a key head's queries: those a step apart, a class, follow one another.
class QueryOrder {
 public:
  QueryOrder(int64_t q_len, int64_t step)
      : step_(step), length_(q_len / step), longer_(q_len % step) {}

  /// Also the number of classes.
  int64_t step() const { return step_; }
  /// Whether this is the queries' own order.
  bool own() const { return step_ == 1 || length_ + longer_ == 1; }
  /// Where a class begins; that of step() is the end of the last.
  int64_t begin_of(int64_t class_index) const {
    return class_index * length_ + std::min(class_index, longer_);
  }
  int64_t class_at(int64_t place) const {
    if (own()) return step_ == 1 ? 0 : place;
    const int64_t of_longer = longer_ * (length_ + 1);
    return place < of_longer ? place / (length_ + 1) : longer_ + (place - of_longer) / length_;
  }
  int64_t query_at(int64_t place) const {
    if (own()) return place;
    const int64_t class_index = class_at(place);
    return class_index + (place - begin_of(class_index)) * step_;
  }

 private:
  int64_t step_;
  int64_t length_;  ///< Of a class; the first longer_ of them have one query more.
  int64_t longer_;
};

struct RowSpan {
  int64_t begin;
  int64_t end;
  bool operator==(const RowSpan&) const = default;
};

/// The tasks of a call are the row blocks of each key head, times chunks of keys. The number of
/// threads has no say in it: the bits must not depend on it.
struct Cut {
  QueryOrder order;
  int64_t task_rows;     ///< At most; more than the tile's where that makes many heads whole.
  int64_t task_classes;  ///< Whole ones, where a class has few rows; else a task has rows of one.
  int64_t tasks_a_head;
  int64_t block_keys;
  int64_t chunks;  ///< Stretches of keys that are attended apart and merged in their order.
  int64_t chunk_keys;

  /// The rows of a key head's task, where each query has `group` of them; may be empty, and then
  /// begin beyond its end. Tasks that read neighbouring keys follow one another.
  RowSpan rows_of(int64_t task, int64_t group) const {
    const int64_t lots = divide_up(order.step(), task_classes);
    const int64_t first = task % lots * task_classes;
    const int64_t begin = order.begin_of(first) * group + task / lots * task_rows;
    const int64_t end = order.begin_of(std::min(first + task_classes, order.step())) * group;
    return {begin, std::min(begin + task_rows, end)};
  }
};
/// Keys stay whole.
Cut cut_rows(const Problem& problem, const Tile& tile);
/// Keys are cut too, where few queries make too few tasks.
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
