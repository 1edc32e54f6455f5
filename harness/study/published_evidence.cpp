// Takes the same measure of a published table's numbers as of a run's.
#include <algorithm>
#include <cmath>
#include <utility>

#include "analyze/crossovers.h"
#include "analyze/growth.h"
#include "record/format.h"
#include "report/words.h"
#include "study/measures.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

using analyze::Interval;

Evidence without(const std::string& reason) {
  Evidence e;
  e.certainty = Certainty::kExact;
  e.reason = reason;
  return e;
}

/// One series as readings: exact numbers, and no value where the table has none.
struct Published {
  std::vector<Reading> readings;
  std::string problem;
};

/// If more is better in the table and the claim is about a time, a value's inverse stands for time.
Published published(const PublishedTable& table, const std::string& series, bool as_time) {
  const auto row = std::ranges::find(table.rows, series, &PublishedRow::series);
  if (row == table.rows.end()) return {{}, table.file + " has no series called " + series};
  Published all;
  for (const auto& [n, value] : row->values) {
    Reading& reading = all.readings.emplace_back(Reading{{}, n});
    reading.x = place_of_length(n);
    reading.where = "at " + reading.x.words;
    reading.certainty = Certainty::kExact;
    if (value) reading.value = table.more_is_better && as_time ? 1 / *value : *value;
    if (!value) reading.reason = "the table has no value of " + series + " there";
  }
  if (all.readings.empty()) all.problem = table.file + " has no values of " + series;
  return all;
}

/// The largest length that ran. If the series never ran out of memory, that is only a limit.
Reading largest_n(const PublishedTable& table, const std::string& series) {
  Reading reading;
  reading.certainty = Certainty::kExact;
  const auto row = std::ranges::find(table.rows, series, &PublishedRow::series);
  if (row == table.rows.end()) {
    reading.reason = table.file + " has no series called " + series;
    return reading;
  }
  for (const auto& [n, value] : row->values)
    if (value) reading.value = static_cast<double>(n);
  const auto wall = std::ranges::find_if(row->out_of_memory, [&](int64_t n) {
    return static_cast<double>(n) > reading.value.value_or(0);
  });
  if (!reading.value)
    reading.reason = table.file + " has no values of " + series;
  else if (wall == row->out_of_memory.end())
    reading.interval = Interval{*reading.value, HUGE_VAL};
  return reading;
}

Evidence growth(const std::vector<Reading>& readings, std::optional<int64_t> from) {
  std::vector<analyze::SizeValue> sizes;
  for (const Reading& r : readings)
    if (r.value && *r.value > 0 && r.seq_len >= std::max<int64_t>(2, from.value_or(2)))
      sizes.push_back({r.seq_len, *r.value, {}});
  const std::optional<analyze::Fit> fit = analyze::fit_growth(sizes, 0);
  if (!fit)
    return without("the table has " + record::plural(static_cast<int64_t>(sizes.size()), "value") +
                   (from ? " from n = " + std::to_string(*from) + " on" : "") + ", and " +
                   std::to_string(analyze::kFitSizes) + " are needed");
  Evidence e = without("");
  e.value = fit->slope;
  e.words = "n^" + record::format_fixed(fit->slope, 2);
  e.where = "over n = " + std::to_string(sizes.front().seq_len) + " to " +
            std::to_string(sizes.back().seq_len);
  return e;
}

Evidence crossover(const std::vector<Reading>& of, const std::vector<Reading>& over) {
  Evidence e = crossover_of(of, over);
  e.certainty = Certainty::kExact;
  e.cases.clear();
  if (!e.value) return without("the table has no length with values of both");
  e.reason.clear();
  // Outside the table's lengths only a limit of the crossover is known.
  std::vector<double> common;
  for (const Reading& x : of)
    for (const Reading& y : over)
      if (x.seq_len == y.seq_len && x.value && y.value)
        common.push_back(static_cast<double>(x.seq_len));
  if (*e.value == 0) e.interval = Interval{0, common.front()};
  if (std::isinf(*e.value)) e.interval = Interval{common.back(), HUGE_VAL};
  return e;
}

Evidence told(const Reading& r, const std::string& words) {
  Evidence e = without(r.reason);
  e.value = r.value;
  e.interval = r.interval;
  e.where = r.where;
  e.words = words;
  return e;
}

/// Bytes of the table's unit; empty if it is no unit of memory.
std::optional<double> bytes_of(const std::string& unit) {
  static constexpr std::pair<const char*, double> kUnits[] = {
      {"B", 1},        {"KB", 1e3},     {"MB", 1e6},    {"GB", 1e9},
      {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
  for (const auto& [name, bytes] : kUnits)
    if (unit == name) return bytes;
  return std::nullopt;
}

Evidence value(const QuantityRow& row, const Reading& reading, const PublishedTable& table) {
  Reading r = reading;
  if (row.is_time())
    return without("times of another machine are not compared; a growth or a ratio is");
  if (row.format == report::Format::kBytes) {
    const std::optional<double> bytes = bytes_of(table.unit);
    if (!bytes) return without("the table's unit, " + table.unit + ", is none of memory");
    if (r.value) *r.value *= *bytes;
  }
  return told(r, r.value ? value_words(row, *r.value, {}) : "");
}

Evidence of_walls(const Claim& claim, const AsPublished& rule, const PublishedTable& table,
                  const QuantityRow& row) {
  if (row.name != "largest_n") return without("tables do not say the " + row.what);
  const Reading of = largest_n(table, rule.of);
  if (claim.measure == Measure::kValue)
    return told(of, of.value ? value_words(row, *of.value, {}) : "");
  const Reading r = ratio_of(of, largest_n(table, rule.over));
  return told(r, r.value ? ratio_words(*r.value, {}) : "");
}

}  // namespace

Evidence published_evidence(const Claim& claim, const AsPublished& rule,
                            const PublishedTable& table) {
  const QuantityRow* const row = find_quantity_row(claim.quantity);
  if (row == nullptr) return without("no quantity is called " + claim.quantity);
  if (!row->has_lengths()) return of_walls(claim, rule, table, *row);
  const Published of = published(table, rule.of, row->is_time());
  if (!of.problem.empty()) return without(of.problem);
  if (claim.measure == Measure::kGrowth) return growth(of.readings, rule.from);
  if (claim.measure == Measure::kValue)
    return value(*row, at_length(of.readings, rule.seq_len), table);
  const Published over = published(table, rule.over, row->is_time());
  if (!over.problem.empty()) return without(over.problem);
  if (claim.measure == Measure::kCrossover) return crossover(of.readings, over.readings);
  const Reading r = ratio_at_length(of.readings, rule.seq_len, over.readings, rule.seq_len);
  return told(r, r.value ? ratio_words(*r.value, {}) : "");
}

}  // namespace attnbench::study
