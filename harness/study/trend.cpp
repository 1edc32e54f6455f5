// Whether a value rises or falls along lengths, distances, or an axis or param.
#include <algorithm>

#include "study/measures.h"

namespace attnbench::study {
namespace {

Points points_of_series(const Pick& pick, const Trend& rule, const QuantityRow& row,
                        const Measurements& from) {
  const Picked picked = find_series(pick, from.firsts());
  if (!picked.series) return {{}, picked.problem};
  if (rule.along == "distance") return {read_distances(row, pick, *picked.series, from), ""};
  return {read_lengths(row, pick, *picked.series, from), ""};
}

/// The largest length at which every series has a value; empty if there is none.
std::optional<int64_t> largest_common(const std::vector<std::vector<Reading>>& all) {
  std::optional<int64_t> largest;
  for (const Reading& r : all.front()) {
    const auto has_it = [&](const std::vector<Reading>& other) {
      const auto found = std::ranges::find(other, r.seq_len, &Reading::seq_len);
      return found != other.end() && found->value;
    };
    if (std::ranges::all_of(all, has_it)) largest = r.seq_len;
  }
  return largest;
}

Points points_of(const Pick& pick, const Trend& rule, const QuantityRow& row,
                 const Measurements& from) {
  const bool one_series = rule.along == "seq_len" || rule.along == "distance";
  return one_series ? points_of_series(pick, rule, row, from)
                    : points_along(pick, rule.along, row, from);
}

/// The ratio at each x that both have.
std::vector<Reading> ratios(const std::vector<Reading>& a, const std::vector<Reading>& b) {
  std::vector<Reading> all;
  for (const Reading& x : a)
    for (const Reading& y : b)
      if (x.x.words == y.x.words) all.push_back(ratio_of(x, y));
  return all;
}

Points claimed_points(const Claim& claim, const Trend& rule, const QuantityRow& row,
                      const Measurements& from) {
  Points points = points_of(claim.of, rule, row, from);
  if (!points.problem.empty() || claim.measure != Measure::kRatio || !claim.over) return points;
  const Points over = points_of(*claim.over, rule, row, from);
  if (!over.problem.empty()) return over;
  points.readings = ratios(points.readings, over.readings);
  if (points.readings.empty()) points.problem = "the two have no " + rule.along + " in common";
  return points;
}

Move move_between(const Reading& a, const Reading& b) {
  if (!a.draws.empty() && !b.draws.empty()) {
    const std::optional<analyze::Interval> ratio = ratio_of(b, a).interval;
    if (ratio && ratio->low > 1) return Move::kUp;
    if (ratio && ratio->high < 1) return Move::kDown;
    return Move::kCannotTell;
  }
  const std::optional<analyze::Interval> x = a.ends(), y = b.ends();
  if (!x || !y) return Move::kCannotTell;
  if (y->low > x->high) return Move::kUp;
  if (y->high < x->low) return Move::kDown;
  const bool exact = x->low == x->high && y->low == y->high;
  return exact ? Move::kSame : Move::kCannotTell;
}

}  // namespace

Points points_along(const Pick& pick, const std::string& along, const QuantityRow& row,
                    const Measurements& from) {
  const PickedAlong picked = find_series_along(pick, along, from.firsts());
  if (!picked.problem.empty()) return {{}, picked.problem};
  std::vector<std::vector<Reading>> all;
  for (const int series : picked.series) all.push_back(read_lengths(row, pick, series, from));
  const std::optional<int64_t> seq_len = pick.seq_len ? pick.seq_len : largest_common(all);
  Points points;
  for (size_t i = 0; i < all.size(); ++i) {
    Reading& reading = points.readings.emplace_back(at_length(all[i], seq_len));
    reading.x = {along + " " + picked.values[i], picked.values[i], picked.numbers[i]};
  }
  const bool each_has_some =
      std::ranges::all_of(points.readings, [](const Reading& r) { return r.value.has_value(); });
  if (!seq_len && row.has_lengths() && each_has_some)
    points.problem = "no length has a value of all " + std::to_string(all.size()) + " series";
  return points;
}

TrendOf trend_of(const Claim& claim, const Trend& rule, const QuantityRow& row,
                 const Measurements& from) {
  TrendOf trend;
  Evidence& e = trend.evidence;
  e.certainty = row.certainty;
  Points points = claimed_points(claim, rule, row, from);
  e.reason = points.problem;
  if (!e.reason.empty()) return trend;
  const auto missing =
      std::ranges::find_if(points.readings, [](const Reading& r) { return !r.value; });
  if (missing != points.readings.end())
    e.reason = "at " + missing->x.words + ": " + missing->reason;
  // Along an axis every value is asked for; lengths and distances may be fewer.
  const bool one_series = rule.along == "seq_len" || rule.along == "distance";
  if (!one_series && !e.reason.empty()) return trend;
  std::erase_if(points.readings, [](const Reading& r) { return !r.value; });
  const std::vector<Reading>& all = points.readings;
  if (all.size() < 2) {
    e.reason = "a trend needs two values along " + rule.along + ", and there " +
               (all.empty() ? "is none" : "is one") + (e.reason.empty() ? "" : "; " + e.reason);
    return trend;
  }
  e.reason.clear();
  for (const Reading& r : all) e.cases.insert(e.cases.end(), r.cases.begin(), r.cases.end());
  std::ranges::sort(e.cases);
  e.cases.erase(std::unique(e.cases.begin(), e.cases.end()), e.cases.end());

  const Reading &first = all.front(), &last = all.back();
  const Reading whole = ratio_of(last, first);
  e.value = whole.value;
  e.interval = whole.interval;
  const auto words = [&](const Reading& r) {
    return claim.measure == Measure::kRatio ? ratio_words(*r.value, {})
                                            : value_words(row, *r.value, {});
  };
  e.words = words(first) + " to " + words(last);
  if (e.value && *e.value > 0) e.words += " (" + ratio_words(*e.value, e.interval) + ")";
  e.where = "from " + first.x.words + " to " + last.x.value;
  if (rule.along != "seq_len" && last.seq_len > 0)
    e.where += " at n = " + std::to_string(last.seq_len);
  trend.move = move_between(first, last);
  for (const Reading* side : {&last, &first})
    if (row.certainty == Certainty::kMeasured && !side->interval) e.reason = side->reason;

  const Move other_way = rule.rises ? Move::kDown : Move::kUp;
  for (size_t i = 0; i + 1 < all.size() && e.against.empty(); ++i)
    if (move_between(all[i], all[i + 1]) == other_way)
      e.against = std::string(rule.rises ? "it falls" : "it rises") + " from " + words(all[i]) +
                  " at " + all[i].x.words + " to " + words(all[i + 1]) + " at " +
                  all[i + 1].x.words;
  return trend;
}

}  // namespace attnbench::study
