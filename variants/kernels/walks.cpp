// Walks over the spans of a strip's queries.
#include "kernels/walks.h"

#include <algorithm>

namespace attnbench::kernels {

/// The first spans of a query within some keys: one here, the others where its walk keeps them.
class SpanWalks::Kept final : public KeySpans {
 public:
  Kept(int64_t from, int64_t until) : from_(from), until_(until) {}

  void begin(Bare* kept) {
    kept_ = kept;
    count = 0;
    more = false;
  }

  void add(const KeySpan& span) noexcept override {
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
};

void SpanWalks::start(const Variant& pattern, const Call& call, int64_t first_query,
                      int64_t query_step, int64_t queries, const KeySpan& keys) {
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
