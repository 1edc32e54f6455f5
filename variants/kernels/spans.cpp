// Walks over the spans of one query.
#include "kernels/spans.h"

#include <algorithm>

namespace attnbench::kernels {

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

}  // namespace attnbench::kernels
