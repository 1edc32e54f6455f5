// Ratios of readings, and how readings and ratios are written.
#include <algorithm>
#include <cmath>
#include <limits>

#include "analyze/pairs.h"
#include "record/format.h"
#include "report/words.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

using analyze::Interval;

Certainty combined(Certainty a, Certainty b) {
  for (const Certainty least : {Certainty::kMeasured, Certainty::kComputed})
    if (a == least || b == least) return least;
  return Certainty::kExact;
}

/// The least and the most of x / y for x and y of at least 0.
Interval divided(const Interval& x, const Interval& y) {
  const auto over = [](double a, double b, double of_nothing) {
    const double ratio = a / b;
    return std::isnan(ratio) ? of_nothing : ratio;
  };
  return {over(x.low, y.high, 0), over(x.high, y.low, HUGE_VAL)};
}

/// "at n = 4096", or both places.
std::string both_where(const Reading& a, const Reading& b) {
  return a.where == b.where ? a.where : a.where + ", over that " + b.where;
}

/// One end of an interval, or the value, without the unit that stands after the interval.
std::string number(const QuantityRow& row, double value) {
  if (std::isinf(value)) return "∞";
  switch (row.format) {
    case report::Format::kTime:
      return record::format_time(value);
    case report::Format::kBytes:
      return record::format_bytes(value);
    case report::Format::kWhole:
      return record::format_fixed(value, 0);
    default:
      return report::number_words(value, row.digits);
  }
}

std::string interval_words(const QuantityRow& row, const Interval& interval) {
  return " [" + number(row, interval.low) + ", " + number(row, interval.high) + "]";
}

const QuantityRow kRatioRow{"ratio", "", Certainty::kMeasured, Source::kCase,
                            report::Format::kRatio};

/// The largest length at which both have a value; empty if there is none.
std::optional<int64_t> largest_common(const std::vector<Reading>& a,
                                      const std::vector<Reading>& b) {
  std::optional<int64_t> largest;
  for (const Reading& x : a)
    for (const Reading& y : b)
      if (x.seq_len == y.seq_len && x.value && y.value) largest = x.seq_len;
  return largest;
}

}  // namespace

Reading ratio_of(const Reading& a, const Reading& b) {
  Reading ratio;
  ratio.cases = a.cases;
  ratio.cases.insert(ratio.cases.end(), b.cases.begin(), b.cases.end());
  ratio.seq_len = a.seq_len;
  ratio.x = a.x;
  ratio.certainty = combined(a.certainty, b.certainty);
  for (const Reading* const side : {&a, &b})
    if (!side->value) {
      ratio.where = side->where;
      ratio.reason = side->reason;
      return ratio;
    }
  ratio.where = both_where(a, b);
  if (*b.value == 0) {
    ratio.reason = "there is no ratio over 0";
    return ratio;
  }
  ratio.value = *a.value / *b.value;
  if (!a.draws.empty() && !b.draws.empty()) {
    ratio.interval = analyze::ratio_of({a.seq_len, *a.value, *b.value, a.draws, b.draws}).interval;
    for (size_t i = 0; i < a.draws.size(); ++i) ratio.draws.push_back(a.draws[i] / b.draws[i]);
    return ratio;
  }
  const bool exact = ratio.certainty != Certainty::kMeasured && !a.interval && !b.interval;
  const std::optional<Interval> x = a.ends(), y = b.ends();
  if (!exact && x && y)
    ratio.interval = divided(*x, *y);
  else if (!exact)
    ratio.reason = x ? b.reason : a.reason;
  return ratio;
}

Reading ratio_at_length(const std::vector<Reading>& a, std::optional<int64_t> a_len,
                        const std::vector<Reading>& b, std::optional<int64_t> b_len) {
  if (!a_len && !b_len) a_len = b_len = largest_common(a, b);
  if (!a_len) a_len = b_len;
  if (!b_len) b_len = a_len;
  Reading ratio = ratio_of(at_length(a, a_len), at_length(b, b_len));
  const auto has_value = [](const Reading& r) { return r.value.has_value(); };
  if (!a_len && std::ranges::any_of(a, has_value) && std::ranges::any_of(b, has_value)) {
    ratio.value.reset();
    ratio.reason = "no length has both";
    ratio.where.clear();
  }
  return ratio;
}

std::string value_words(const QuantityRow& row, double value,
                        const std::optional<Interval>& interval) {
  if (row.name == "largest_n") return report::seq_len_limit_words(static_cast<int64_t>(value));
  if (row.name == "largest_batch") return report::batch_limit_words(static_cast<int64_t>(value));
  const char* const unit = row.format == report::Format::kRatio     ? "x"
                           : row.format == report::Format::kPercent ? " %"
                                                                    : "";
  const std::string words = number(row, value) + unit;
  return interval && row.certainty == Certainty::kMeasured ? words + interval_words(row, *interval)
                                                           : words;
}

std::string ratio_words(double value, const std::optional<Interval>& interval) {
  return value_words(kRatioRow, value, interval);
}

}  // namespace attnbench::study
