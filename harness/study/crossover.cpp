// From which length on one series is faster than another.
#include <cmath>

#include "analyze/crossovers.h"
#include "record/format.h"
#include "study/measures.h"

namespace attnbench::study {
namespace {

using analyze::Interval;

/// The crossing of `of`, of which only is known that it lies below the smallest or above the
/// largest length.
Interval beyond(double seq_len, const analyze::Crossover& c) {
  if (seq_len == 0) return {0, static_cast<double>(c.smallest)};
  if (std::isinf(seq_len)) return {static_cast<double>(c.largest), HUGE_VAL};
  return {seq_len, seq_len};
}

std::string length_words(double seq_len) {
  return std::isinf(seq_len) ? "∞" : seq_len == 0 ? "0" : record::format_number(seq_len, 3);
}

std::string crossing_words(const Evidence& e, const analyze::Crossover& c) {
  if (*e.value == 0) return "at every length from n = " + std::to_string(c.smallest);
  if (std::isinf(*e.value)) return "at no length up to n = " + std::to_string(c.largest);
  std::string words = "from n = " + length_words(*e.value);
  if (e.interval && e.interval->low < e.interval->high)
    words += " [" + length_words(e.interval->low) + ", " + length_words(e.interval->high) + "]";
  return words;
}

}  // namespace

void set_crossover(Evidence& e, const analyze::Crossover& c) {
  const bool of_is_faster = c.faster == 0;
  e.where = "over n = " + std::to_string(c.smallest) + " to " + std::to_string(c.largest);
  if (c.sign_changes > 1)
    e.where += ", in which they trade places " + std::to_string(c.sign_changes) + " times";
  e.value = of_is_faster ? c.seq_len : HUGE_VAL;
  if (c.interval && of_is_faster)
    e.interval = Interval{beyond(c.interval->low, c).low, beyond(c.interval->high, c).high};
  // `over` is faster at the largest length: clearly, or so that `of` may be faster from anywhere.
  if (c.interval && !of_is_faster)
    e.interval = std::isinf(c.interval->high) ? Interval{0, HUGE_VAL} : beyond(HUGE_VAL, c);
  e.words = crossing_words(e, c);
}

Evidence crossover_of(const std::vector<Reading>& of, const std::vector<Reading>& over) {
  Evidence e;
  std::vector<analyze::SizePair> pairs;
  const Reading* unsure = nullptr;
  for (const Reading& a : of)
    for (const Reading& b : over) {
      if (a.seq_len != b.seq_len || !a.value || !b.value) continue;
      pairs.push_back({a.seq_len, *a.value, *b.value, a.draws, b.draws});
      for (const Reading* side : {&a, &b}) {
        e.cases.insert(e.cases.end(), side->cases.begin(), side->cases.end());
        if (side->draws.empty()) unsure = side;
      }
    }
  if (pairs.empty()) {
    e.reason = "no length has a time of both";
    for (const std::vector<Reading>* side : {&over, &of}) {
      const Reading first = at_length(*side, {});
      if (!first.value) e.reason = "at " + first.x.words + ": " + first.reason;
    }
    return e;
  }
  set_crossover(e, analyze::find_crossover(pairs, 0, 1));
  if (unsure != nullptr) e.reason = unsure->reason;
  if (pairs.size() == 1) e.reason = "only one length has a time of both";
  return e;
}

}  // namespace attnbench::study
