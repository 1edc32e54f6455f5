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

  /// Of each query whose walk stands in a span on the lattice, the indices of its keys; of others
  /// from kv_len to 0.
  void look(const Lattice& lattice, int64_t* HWY_RESTRICT begins,
            int64_t* HWY_RESTRICT ends) const {
    const int64_t none = call_->problem.kv_len;
    for (int64_t i = 0; i < queries_; ++i) {
      const int64_t mask = -is_on(lattice, i);
      begins[i] = (lattice.keys_below(begin_[i]) & mask) | (none & ~mask);
      ends[i] = lattice.keys_below(end_[i]) & mask;
    }
  }

  /// Passes these spans.
  void pass(const Lattice& lattice) {
    // Most often these are all there are.
    int64_t left = 0;
    for (int64_t i = 0; i < queries_; ++i) {
      left |= int64_t{step_[i] != 0} & ((is_on(lattice, i) ^ 1) | goes_on_[i]);
    }
    if (left == 0) {
      left_ = 0;
      return;
    }
    for (int64_t i = 0; i < queries_; ++i) {
      if (is_on(lattice, i)) leave(i);
    }
  }

 private:
  static constexpr int kRoom = 16;
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max() / 2;  ///< Beyond any key.
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
  void ask(int64_t i, Kept& kept);
  void enter(int64_t i, const Bare& span, bool goes_on);
  void end(int64_t i);
  void leave(int64_t i);

  const Variant* pattern_;
  const Call* call_;
  int64_t first_query_;
  int64_t query_step_;
  int64_t queries_;
  int64_t until_;
  int64_t left_;  ///< Walks that are not done.
  // What each walk stands in, and whether there is more beyond; where it is done, the step is 0 and
  // the span from kNone on.
  int64_t begin_[kStripRows];
  int64_t end_[kStripRows];
  int64_t step_[kStripRows];
  int64_t base_[kStripRows];
  int64_t goes_on_[kStripRows];
  // What it kept, where it goes on; the first is not there.
  int at_[kStripRows];
  int count_[kStripRows];
  bool more_[kStripRows];
  Bare kept_[kStripRows][kRoom];
};

}  // namespace attnbench::kernels
