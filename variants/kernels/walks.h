// Walks over the spans of keys that a strip's queries see, side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// Keys at a fixed distance from one another: base, base + step, and so on. The key at
/// base + step * i has the index i.
struct Lattice {
  int64_t base = 0;
  int64_t step = 1;

  bool operator==(const Lattice&) const = default;
  /// How many keys of the lattice lie below `key`.
  int64_t keys_below(int64_t key) const {
    return step == 1 ? key - base : (key - base + step - 1) / step;
  }
};
/// The lattice that the keys of a span lie on, with the smallest base.
inline Lattice lattice_of(const KeySpan& span) {
  return {span.step == 1 ? 0 : span.begin % span.step, span.step};
}

/// For each query of a strip, a walk over the spans of keys that the query sees, in their order.
/// Spans that touch are joined into one.
///
/// A query may have any number of spans, but a walk takes a fixed amount of memory: it asks the
/// pattern for the query's spans, keeps the first kRoom of them, and asks again once it is past
/// those.
class SpanWalks {
 public:
  /// Begins a walk for each of `queries` queries, at most kStripRows, which are `query_step` apart.
  /// The walks go over the keys within `keys` only.
  void start(const Exact& pattern, const Call& call, int64_t first_query, int64_t query_step,
             int64_t queries, const KeySpan& keys);

  /// Whether all walks are at their end.
  bool done() const { return left_ == 0; }

  /// The lattice of the span that begins first among those that the walks stand in. Must not be
  /// called when done.
  Lattice next_lattice() const {
    int64_t first = kNone;
    for (int64_t i = 0; i < queries_; ++i) first = std::min(first, begin_[i]);
    const int64_t i = std::find(begin_, begin_ + queries_, first) - begin_;
    return {base_[i], step_[i]};
  }

  /// For each query, writes the indices on the lattice of the first key of its walk's span and of
  /// the end of that span. If the span lies on another lattice, writes kv_len and 0, which is
  /// empty.
  void look(const Lattice& lattice, int64_t* HWY_RESTRICT begins,
            int64_t* HWY_RESTRICT ends) const {
    const int64_t none = call_->problem.kv_len;
    for (int64_t i = 0; i < queries_; ++i) {
      const int64_t mask = -is_on(lattice, i);
      begins[i] = (lattice.keys_below(begin_[i]) & mask) | (none & ~mask);
      ends[i] = lattice.keys_below(end_[i]) & mask;
    }
  }

  /// Moves each walk whose span lies on the lattice on to its next span.
  void advance(const Lattice& lattice) {
    // Most often all walks stand in their last span, on the same lattice.
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
  /// A KeySpan without default values: an array of KeySpans would be filled with them needlessly.
  struct Bare {
    int64_t begin;
    int64_t end;
    int64_t step;
  };

  // Returns 0 or 1 as an int64_t, as wide as the numbers that it compares: GCC 12 then makes
  // vectors of the loops above.
  int64_t is_on(const Lattice& lattice, int64_t i) const {
    return int64_t{step_[i] == lattice.step} & int64_t{base_[i] == lattice.base};
  }
  void ask(int64_t i, Kept& kept);
  void enter(int64_t i, const Bare& span, bool goes_on);
  void end(int64_t i);
  void leave(int64_t i);

  const Exact* pattern_;
  const Call* call_;
  int64_t first_query_;
  int64_t query_step_;
  int64_t queries_;
  int64_t until_;  ///< The end of the keys that the walks go over.
  int64_t left_;   ///< The number of walks that are not at their end.
  // By walk: the span that it stands in, and whether more spans follow. At the end of a walk the
  // step is 0 and the span begins at kNone.
  int64_t begin_[kStripRows];
  int64_t end_[kStripRows];
  int64_t step_[kStripRows];
  int64_t base_[kStripRows];
  int64_t goes_on_[kStripRows];
  // By walk, set if more spans follow: the spans that it keeps (but the first, which it enters at
  // once), where it is among them, their count, and whether the pattern has more than these.
  int at_[kStripRows];
  int count_[kStripRows];
  bool more_[kStripRows];
  Bare kept_[kStripRows][kRoom];
};

}  // namespace attnbench::kernels
