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
  const bool touches = count_ > 0 && end_[count_ - 1] == begin;
  if (touches && span.step == 1 && step_[count_ - 1] == 1 && !more_) {
    end_[count_ - 1] = end;
  } else if (count_ == kRoom) {
    more_ = true;
  } else {
    begin_[count_] = begin;
    end_[count_] = end;
    step_[count_++] = span.step;
  }
}

void SpanWalk::ask() {
  at_ = count_ = 0;
  more_ = false;
  pattern_.visible_keys(call_, query_, *this);
}

void SpanWalk::pass(int64_t key) {
  while (!done()) {
    begin_[at_] = first_from(begin_[at_], step_[at_], key);
    if (begin_[at_] < end_[at_]) return;
    from_ = end_[at_];
    if (++at_ == count_ && more_) ask();
  }
}

}  // namespace attnbench::kernels
