// Walks over the spans of keys that a strip's queries see.
#include "kernels/walks.h"

#include <algorithm>
#include <cassert>

namespace attnbench::kernels {
namespace {

/// The first of the keys begin, begin + step, ... that is not below `key`.
int64_t first_from(int64_t begin, int64_t step, int64_t key) {
  if (begin >= key) return begin;
  return step == 1 ? key : begin + (key - begin + step - 1) / step * step;
}

}  // namespace

/// Receives the spans of a query and cuts them to the keys from `from` to `until`. Keeps the first
/// of them in `first`, and those after it in the walk's own memory.
class SpanWalks::Kept final : public KeySpans {
 public:
  Kept(int64_t from, int64_t until) : from_(from), until_(until) {}

  void begin(Bare* kept) {
    kept_ = kept;
    count = 0;
    more = false;
#ifndef NDEBUG
    stated_until_ = 0;
#endif
  }

  void add(const KeySpan& span) noexcept override {
#ifndef NDEBUG
    assert(span.step >= 1 && span.begin < span.end && "A pattern states an empty span");
    assert(span.begin >= stated_until_ && "A pattern states spans that do not ascend");
    stated_until_ = span.end;
#endif
    const int64_t begin = first_from(span.begin, span.step, from_);
    const int64_t end = std::min(span.end, until_);
    if (begin >= end) return;
    if (count > 0 && last_->end == begin && last_->step == 1 && span.step == 1 && !more) {
      last_->end = end;
    } else if (count == kRoom) {
      more = true;
    } else {
      last_ = count == 0 ? &first : kept_ + count;
      *last_ = {begin, end, span.step};
      ++count;
    }
  }

  int count;
  bool more;
  Bare first;

 private:
  int64_t from_;
  int64_t until_;
  Bare* kept_;
  Bare* last_;
#ifndef NDEBUG
  int64_t stated_until_ = 0;
#endif
};

void SpanWalks::start(const Exact& pattern, const Call& call, int64_t first_query,
                      int64_t query_step, int64_t queries, const KeySpan& keys) {
  assert(queries >= 1 && queries <= kStripRows && "A strip has more queries than rows");
  pattern_ = &pattern;
  call_ = &call;
  first_query_ = first_query;
  query_step_ = query_step;
  queries_ = queries;
  until_ = keys.end;
  left_ = queries;
  Kept kept(keys.begin, keys.end);
  for (int64_t i = 0; i < queries; ++i) ask(i, kept);
}

void SpanWalks::ask(int64_t i, Kept& kept) {
  kept.begin(kept_[i]);
  pattern_->visible_keys(*call_, first_query_ + i * query_step_, kept);
  if (kept.count == 0) return end(i);
  if (kept.count > 1 || kept.more) {
    at_[i] = 0;
    count_[i] = kept.count;
    more_[i] = kept.more;
  }
  enter(i, kept.first, kept.count > 1 || kept.more);
}

void SpanWalks::enter(int64_t i, const Bare& span, bool goes_on) {
  begin_[i] = span.begin;
  end_[i] = span.end;
  step_[i] = span.step;
  base_[i] = lattice_of({span.begin, span.end, span.step}).base;
  goes_on_[i] = goes_on;
}

void SpanWalks::end(int64_t i) {
  begin_[i] = end_[i] = kNone;
  step_[i] = base_[i] = goes_on_[i] = 0;
  --left_;
}

void SpanWalks::leave(int64_t i) {
  if (!goes_on_[i]) return end(i);
  if (++at_[i] == count_[i]) {
    Kept kept(end_[i], until_);
    return ask(i, kept);
  }
  enter(i, kept_[i][at_[i]], at_[i] + 1 < count_[i] || more_[i]);
}

}  // namespace attnbench::kernels
