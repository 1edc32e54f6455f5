// Puts a published table beside what was measured here.
#include "study/shown_table.h"

#include <algorithm>
#include <set>

#include "record/format.h"
#include "study/evidence.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

using Values = std::vector<std::pair<int64_t, double>>;

const double* value_at(const Values& values, int64_t x) {
  const auto found = std::ranges::find(values, x, &Values::value_type::first);
  return found == values.end() ? nullptr : &found->second;
}

Values published_values(const PublishedRow& row) {
  Values values;
  for (const auto& [x, value] : row.values)
    if (value) values.emplace_back(x, *value);
  return values;
}

/// Why the series has no number there.
std::string published_gap(const PublishedRow& row, int64_t x) {
  return std::ranges::find(row.out_of_memory, x) != row.out_of_memory.end() ? "out of memory" : "–";
}

/// What stands for one row here.
struct Here {
  std::vector<Reading> readings;
  std::string growth;

  Values values() const {
    Values all;
    for (const Reading& r : readings)
      if (r.value) all.emplace_back(r.seq_len, *r.value);
    return all;
  }
};

Here measured_here(const PublishedTable& table, const PublishedRow& row, const StudyRun& run) {
  Here here;
  const QuantityRow* const quantity = find_quantity_row(table.quantity);
  if (!row.of || quantity == nullptr || !run.run) return here;
  const Measurements from{*run.run, run.analysis};
  const Picked picked = find_series(*row.of, from.firsts());
  if (!picked.series) return here;
  here.readings = read_lengths(*quantity, *row.of, *picked.series, from);
  Claim growth;
  growth.measure = Measure::kGrowth;
  growth.quantity = table.quantity;
  growth.of = *row.of;
  if (const Evidence e = find_evidence(growth, *run.run, run.analysis); e.value)
    here.growth = e.words;
  return here;
}

std::string published_growth(const PublishedTable& table, const PublishedRow& row) {
  Claim growth;
  growth.measure = Measure::kGrowth;
  growth.quantity = table.quantity;
  AsPublished rule;
  rule.table = table.file;
  rule.of = row.series;
  const Evidence e = published_evidence(growth, rule, table);
  return e.value ? e.words : std::string("–");
}

/// What ratio_cell divides.
std::string ratio_label(const PublishedTable& table, const QuantityRow* quantity) {
  if (quantity != nullptr && quantity->is_time()) return "times as fast as " + table.reference;
  return table.more_is_better ? "this over " + table.reference : table.reference + " over this";
}

/// How many times as fast (or small) as the reference, in the paper and here.
std::string ratio_cell(const double* value, const double* reference, bool more_is_better) {
  if (value == nullptr || reference == nullptr || *value <= 0 || *reference <= 0) return "–";
  const double ratio = more_is_better ? *value / *reference : *reference / *value;
  return record::format_number(ratio, 3) + "x";
}

}  // namespace

ShownTable shown_table(const PublishedTable& table, const StudyRun& run) {
  std::set<int64_t> sizes;
  for (const PublishedRow& row : table.rows) {
    for (const auto& [x, value] : row.values) sizes.insert(x);
    sizes.insert(row.out_of_memory.begin(), row.out_of_memory.end());
  }
  const auto reference = std::ranges::find(table.rows, table.reference, &PublishedRow::series);
  const bool refers = reference != table.rows.end();
  const Values reference_there = refers ? published_values(*reference) : Values{};
  const Values reference_here = refers ? measured_here(table, *reference, run).values() : Values{};
  const QuantityRow* const quantity = find_quantity_row(table.quantity);
  // A paper's rate may stand beside a time.
  const bool more_is_better_here =
      table.more_is_better && quantity != nullptr && !quantity->is_time();

  ShownTable shown;
  shown.caption = table.what;
  shown.source = table.authors_year + ", " + table.paper + ", " + table.source + "; " +
                 table.machine + (table.setup.empty() ? "" : "; " + table.setup);
  for (const int64_t x : sizes) shown.sizes.push_back(std::to_string(x));
  for (const PublishedRow& row : table.rows) {
    const Values there = published_values(row);
    const Here here = measured_here(table, row, run);
    const Values values = here.values();
    std::vector<std::string> paper, measured, ratios;
    for (const int64_t x : sizes) {
      const double* const printed = value_at(there, x);
      paper.push_back(printed != nullptr ? record::shortest(*printed) : published_gap(row, x));
      const double* const found = value_at(values, x);
      measured.push_back(found != nullptr ? value_words(*quantity, *found, {}) : "–");
      ratios.push_back(ratio_cell(printed, value_at(reference_there, x), table.more_is_better) +
                       " / " + ratio_cell(found, value_at(reference_here, x), more_is_better_here));
    }
    shown.rows.push_back(
        {"paper", row.series, "paper, " + table.unit, paper, published_growth(table, row)});
    if (!row.of) continue;
    shown.rows.push_back({"here", row.of->variant, "here", measured, here.growth});
    if (refers && row.series != table.reference)
      shown.rows.push_back(
          {"ratio", "", ratio_label(table, quantity) + ", paper / here", ratios, ""});
  }
  return shown;
}

}  // namespace attnbench::study
