// Walks over the spans of a strip's queries, side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/lattice.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// A walk passes the spans of a query in their order, those that touch joined. It asks for them
/// once and keeps the first few; where there are more, it asks again once it has passed those: they
/// take a fixed amount of memory, however many they are.
class SpanWalks {
 public:
  /// Begins a walk for each of these queries, kStripRows at most and `query_step` apart, from the
  /// first key within `keys`.
  void start(const Variant& pattern, const Call& call, int64_t first_query, int64_t query_step,
             int64_t queries, const KeySpan& keys);

  /// Whether no walk has keys left.
  bool done() const { return left_ == 0; }

  /// That of the first key that any walk has not passed. Not when done.
  Lattice next_lattice() const {
    int64_t first = kNone;
    for (int64_t i = 0; i < queries_; ++i) first = std::min(first, begin_[i]);
    const int64_t i = std::find(begin_, begin_ + queries_, first) - begin_;
    return {base_[i], step_[i]};
  }

  /// How far one round may go such that, of the lattice, no query has more than one span within it.
  int64_t end_of_round(const Lattice& lattice) const {
    int64_t seen = 0;
    int64_t limit = kNone;
    for (int64_t i = 0; i < queries_; ++i) {
      const int64_t mask = -is_on(lattice, i);
      seen = std::max(seen, end_[i] & mask);
      limit = std::min(limit, next_[i] | (kNone & ~mask));
    }
    return std::min(seen, limit);
  }

  /// Of each query, the indices on the lattice of the keys below `end` in the span that its walk
  /// stands in; where there are none, from kv_len to 0.
  void look(const Lattice& lattice, int64_t end, int64_t* HWY_RESTRICT begins,
            int64_t* HWY_RESTRICT ends) const {
    const int64_t none = call_->problem.kv_len;
    for (int64_t i = 0; i < queries_; ++i) {
      const int64_t mask = -(is_on(lattice, i) & int64_t{begin_[i] < end});
      begins[i] = (lattice.keys_below(begin_[i]) & mask) | (none & ~mask);
      ends[i] = lattice.keys_below(std::min(end_[i], end)) & mask;
    }
  }

  /// Passes all keys of the lattice below `end`, that of the round.
  void pass(const Lattice& lattice, int64_t end) {
    // Most often these are all there are.
    int64_t left = 0;
    for (int64_t i = 0; i < queries_; ++i) {
      left |= int64_t{step_[i] != 0} & ((is_on(lattice, i) ^ 1) | int64_t{next_[i] != kNone});
    }
    if (left == 0) {
      left_ = 0;
    } else {
      pass_each(lattice, end);
    }
  }

 private:
  static constexpr int kRoom = 16;
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  class Kept;
  struct Bare {  // A KeySpan would be written before it is needed.
    int64_t begin;
    int64_t end;
    int64_t step;
  };

  // As wide as what it is computed from, for which GCC 12 makes vectors of it.
  int64_t is_on(const Lattice& lattice, int64_t i) const {
    return int64_t{step_[i] == lattice.step} & int64_t{base_[i] == lattice.base};
  }
  void pass_each(const Lattice& lattice, int64_t end);
  void ask(int64_t i, Kept& kept);
  void enter(int64_t i, const Bare& span, int64_t next);
  void end(int64_t i);
  void leave(int64_t i);

  const Variant* pattern_;
  const Call* call_;
  int64_t first_query_;
  int64_t query_step_;
  int64_t queries_;
  int64_t until_;
  int64_t left_;  ///< Walks that are not done.
  // What each walk stands in, and below next_ no further key is seen; where it is done, its step is
  // 0 and the rest kNone.
  int64_t begin_[kStripRows];
  int64_t end_[kStripRows];
  int64_t step_[kStripRows];
  int64_t base_[kStripRows];
  int64_t next_[kStripRows];
  // What it kept, where there is a next span; the first is not there.
  int at_[kStripRows];
  int count_[kStripRows];
  bool more_[kStripRows];
  Bare kept_[kStripRows][kRoom];
};

}  // namespace attnbench::kernels
