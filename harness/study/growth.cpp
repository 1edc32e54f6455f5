// How a quantity of a run grows with its length.
#include "analyze/growth.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/theory.h"
#include "analyze/time_draws.h"
#include "record/format.h"
#include "report/words.h"
#include "study/measures.h"

namespace attnbench::study {
namespace {

using analyze::Fit;
using analyze::Interval;
using analyze::Measured;
using analyze::SizeValue;

/// "over n = 256 to 4096".
std::string over_words(const std::vector<int64_t>& seq_lens) {
  if (seq_lens.empty()) return {};
  return "over n = " + std::to_string(seq_lens.front()) +
         (seq_lens.size() == 1 ? "" : " to " + std::to_string(seq_lens.back()));
}

/// The fit that the analysis has of this quantity; null if it has none.
const Measured* analyzed(const QuantityRow& row, const analyze::Series& series) {
  if (row.name == "time" || row.name == "time_median_s") return &series.time.time;
  if (row.name == "workspace_bytes") return &series.memory.workspace;
  if (row.name == "saved_bytes") return &series.memory.saved;
  if (row.name == "heap_peak_bytes") return &series.memory.heap_peak;
  if (row.name == "resident_peak_bytes") return &series.memory.resident_peak;
  return nullptr;
}

/// Readings that a fit in logarithms can use. If all are 0, the quantity is constant.
struct Fitted {
  std::vector<int64_t> seq_lens;
  std::vector<SizeValue> values;
  std::vector<std::optional<Interval>> ends;  ///< Of those that are known by interval alone.
  std::vector<analyze::LeftOut> left_out;
};

Fitted fitted(const std::vector<Reading>& readings) {
  const bool none =
      std::ranges::all_of(readings, [](const Reading& r) { return r.value.value_or(0) == 0; });
  Fitted all;
  for (const Reading& r : readings) {
    if (!r.value) continue;
    if (r.seq_len < 2 || !(none || *r.value > 0)) {
      all.left_out.push_back({{r.seq_len},
                              r.seq_len < 2 ? "a fit in log(n) starts at n = 2"
                                            : "a fit in logarithms needs numbers above 0"});
      continue;
    }
    all.seq_lens.push_back(r.seq_len);
    all.values.push_back({r.seq_len, none ? 1 : *r.value, r.draws});
    all.ends.push_back(r.draws.empty() ? r.interval : std::nullopt);
  }
  return all;
}

/// Widens the interval to the flattest and the steepest line through the ends of intervals of which
/// there are no draws.
void widen(Fit& fit, const Fitted& sizes) {
  const double middle = std::log(static_cast<double>(sizes.seq_lens.front())) +
                        std::log(static_cast<double>(sizes.seq_lens.back()));
  std::vector<SizeValue> flat = sizes.values, steep = sizes.values;
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    if (!sizes.ends[i] || !(sizes.ends[i]->low > 0)) continue;
    const bool late = 2 * std::log(static_cast<double>(sizes.seq_lens[i])) > middle;
    flat[i].value = late ? sizes.ends[i]->low : sizes.ends[i]->high;
    steep[i].value = late ? sizes.ends[i]->high : sizes.ends[i]->low;
  }
  fit.interval.low = std::min(fit.interval.low, analyze::fit_growth(flat, 0)->slope);
  fit.interval.high = std::max(fit.interval.high, analyze::fit_growth(steep, 0)->slope);
}

Measured fit_readings(const std::vector<Reading>& readings, const Measurements& from) {
  const Fitted sizes = fitted(readings);
  Measured measured;
  measured.seq_lens = sizes.seq_lens;
  measured.left_out = sizes.left_out;
  measured.fit = analyze::fit_growth(
      sizes.values,
      analyze::draws_seed(from.run, analyze::DrawnFor::kOtherFit, readings.front().cases.front()));
  const auto known = [](const std::optional<Interval>& ends) { return ends.has_value(); };
  if (measured.fit && std::ranges::any_of(sizes.ends, known)) widen(*measured.fit, sizes);
  return measured;
}

/// "only 3 usable sizes, 5 are needed", and what became of the others.
std::string too_few_sizes(const Measured& measured, const std::vector<Reading>& readings) {
  std::string reason =
      "only " + record::plural(static_cast<int64_t>(measured.seq_lens.size()), "usable size") +
      ", " + std::to_string(analyze::kVerdictSizes) + " are needed";
  std::map<std::string, std::vector<int64_t>> others;
  for (const analyze::LeftOut& left : measured.left_out)
    for (const int64_t n : left.seq_lens) others[left.reason].push_back(n);
  for (const Reading& r : readings)
    if (!r.value) others[r.reason].push_back(r.seq_len);
  for (const auto& [why, seq_lens] : others)
    reason += "; " + report::sizes_words(seq_lens) + ": " + why;
  return reason;
}

}  // namespace

Evidence growth_of(const QuantityRow& row, const Pick& pick, int series, const Measurements& from) {
  const std::vector<Reading> readings = read_lengths(row, pick, series, from);
  const Measured* const known = analyzed(row, from.series(series));
  const Measured measured = known != nullptr ? *known : fit_readings(readings, from);
  Evidence e;
  e.certainty = row.certainty;
  e.where = over_words(measured.seq_lens);
  for (const Reading& r : readings)
    if (std::ranges::find(measured.seq_lens, r.seq_len) != measured.seq_lens.end())
      e.cases.insert(e.cases.end(), r.cases.begin(), r.cases.end());
  if (measured.fit) {
    const bool exact = row.certainty != Certainty::kMeasured;
    e.value = measured.fit->slope;
    e.words = exact ? report::exact_slope_words(*measured.fit) : report::slope_words(*measured.fit);
    if (!exact || e.words.ends_with("]")) e.interval = measured.fit->interval;
  }
  if (measured.seq_lens.size() < analyze::kVerdictSizes) {
    const record::Case& plan = from.run.cases[from.series(series).cases.front()].plan;
    e.reason = row.name == "saved_bytes" && !record::trains(plan.pass)
                   ? "a forward pass alone keeps nothing for backward"
                   : too_few_sizes(measured, readings);
  } else if (row.certainty == Certainty::kMeasured) {
    const auto unsure = std::ranges::find_if(
        readings, [](const Reading& r) { return r.value && !r.interval && !r.reason.empty(); });
    if (unsure != readings.end() && row.name != "resident_peak_bytes") e.reason = unsure->reason;
  }
  return e;
}

const analyze::Judgement* judgement_of(const QuantityRow& row, int series,
                                       const Measurements& from) {
  const analyze::Series& s = from.series(series);
  if (!s.first_supported) return nullptr;
  const record::Case& plan = from.run.cases[*s.first_supported].plan;
  if (row.name == "time" || row.name == "time_median_s") return &s.time.judgement;
  const char* const memory = record::trains(plan.pass) ? "saved_bytes" : "workspace_bytes";
  return row.name == memory ? &s.memory.judgement : nullptr;
}

}  // namespace attnbench::study
