// Walks over the spans of one query: however many they are, they take a fixed amount of memory.
#pragma once

#include <cstdint>
#include <limits>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// The keys base, base + step, ...; key base + step * i has the index i.
struct Lattice {
  int64_t base = 0;
  int64_t step = 1;

  bool operator==(const Lattice&) const = default;
  int64_t keys_below(int64_t key) const {
    return step == 1 ? key - base : (key - base + step - 1) / step;
  }
};
inline Lattice lattice_of(const KeySpan& span) {
  return {span.step == 1 ? 0 : span.begin % span.step, span.step};
}

/// The first key of begin, begin + step, ... from `key` on.
inline int64_t first_from(int64_t begin, int64_t step, int64_t key) {
  if (begin >= key) return begin;
  return step == 1 ? key : begin + (key - begin + step - 1) / step * step;
}

/// The spans of a query in their order, those that touch joined. It asks for them once and keeps
/// the first few; where there are more, it asks again once it has passed those.
class SpanWalk final : private KeySpans {
 public:
  /// From the first key within `keys` on.
  SpanWalk(const Variant& pattern, const Call& call, int64_t query, const KeySpan& keys)
      : pattern_(pattern), call_(call), query_(query), from_(keys.begin), until_(keys.end) {
    ask();
  }

  bool done() const { return at_ == count_; }
  /// What is left of the span that the walk stands in. Not when done.
  KeySpan now() const { return {spans_[at_].begin, spans_[at_].end, spans_[at_].step}; }
  /// No key beyond now() is seen before this one.
  int64_t next_begin() const {
    if (at_ + 1 < count_) return spans_[at_ + 1].begin;
    return more_ ? spans_[at_].end : std::numeric_limits<int64_t>::max();
  }
  /// Passes all keys below `key`.
  void pass(int64_t key) {
    while (!done()) {
      Bare& now = spans_[at_];
      now.begin = first_from(now.begin, now.step, key);
      if (now.begin < now.end) return;
      from_ = now.end;
      if (++at_ == count_ && more_) ask();
    }
  }

 private:
  static constexpr int kRoom = 16;

  void add(const KeySpan& span) noexcept override;
  void ask();

  const Variant& pattern_;
  const Call& call_;
  int64_t query_;
  int64_t from_;
  int64_t until_;
  int at_ = 0;
  int count_ = 0;
  bool more_ = false;
  struct Bare {  // A KeySpan would be written before it is needed.
    int64_t begin;
    int64_t end;
    int64_t step;
  };
  Bare spans_[kRoom];
};

}  // namespace attnbench::kernels
