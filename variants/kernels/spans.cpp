// Walks over the spans of one query.
#include "kernels/spans.h"

#include <algorithm>

namespace attnbench::kernels {
namespace {

/// The first key of begin, begin + step, ... from `key` on.
int64_t first_from(int64_t begin, int64_t step, int64_t key) {
  if (begin >= key) return begin;
  return step == 1 ? key : begin + (key - begin + step - 1) / step * step;
}

}  // namespace

void SpanWalk::add(const KeySpan& span) noexcept {
  const int64_t begin = first_from(span.begin, span.step, from_);
  const int64_t end = std::min(span.end, until_);
  if (begin >= end) return;
  Bare* const last = count_ > 0 ? spans_ + count_ - 1 : nullptr;
  if (last && last->end == begin && last->step == 1 && span.step == 1 && !more_) {
    last->end = end;
  } else if (count_ == kRoom) {
    more_ = true;
  } else {
    spans_[count_++] = {begin, end, span.step};
  }
}

void SpanWalk::ask() {
  at_ = count_ = 0;
  more_ = false;
  pattern_.visible_keys(call_, query_, *this);
}

void SpanWalk::pass(int64_t key) {
  while (!done()) {
    Bare& now = spans_[at_];
    now.begin = first_from(now.begin, now.step, key);
    if (now.begin < now.end) return;
    from_ = now.end;
    if (++at_ == count_ && more_) ask();
  }
}

}  // namespace attnbench::kernels
