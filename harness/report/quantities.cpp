// The table of quantities, and how their values are written.
#include "report/quantities.h"

#include <algorithm>
#include <cmath>

#include "analyze/case_stats.h"
#include "analyze/losses.h"
#include "attnbench/count.h"
#include "record/format.h"
#include "report/above_limit.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseStats;
using analyze::Summary;
using record::CaseRecord;

constexpr char kNone[] = "–";

template <class T>
Value value(const std::optional<T>& known) {
  return known ? Value(*known) : Value();
}

template <auto Field>
Value planned(const CaseRecord& c, const CaseStats&) {
  return c.plan.*Field;
}

/// Not in older records.
template <auto Field>
Value counted(const CaseRecord& c, const CaseStats&) {
  return value(c.plan.*Field);
}

template <auto Field>
Value remembered(const CaseRecord& c, const CaseStats&) {
  return value(c.memory.*Field);
}

template <auto Field>
Value remembered_of_setup(const CaseRecord& c, const CaseStats&) {
  return c.setup_memory ? value((*c.setup_memory).*Field) : Value();
}

bool sets_up(const CaseRecord& c) {
  return c.setup_memory.has_value();
}

/// Whether its samples say what calling a function in another language costs.
bool is_called_from_outside(const CaseRecord& c) {
  return !c.samples.empty() && c.samples.front().empty_call_s.has_value();
}

template <auto Field>
Value checked(const CaseRecord& c, const CaseStats&) {
  return c.check ? Value((*c.check).*Field) : Value();
}

template <auto Field>
Value lost(const CaseRecord& c, const CaseStats&) {
  return c.quality ? value((*c.quality).*Field) : Value();
}

/// None if there is no distance.
Value distance_rows(const CaseRecord& c, const CaseStats&) {
  return c.quality && c.quality->relative_error ? Value(c.quality->rows) : Value();
}

Value percent_of_attention_mass(const CaseRecord& c, const CaseStats&) {
  if (!c.quality || !c.quality->mass_recall) return {};
  return 100 * *c.quality->mass_recall;
}

/// One thread's time for the decisions that the data make, over the CPU time of a call.
Value percent_in_selection(const CaseRecord& c, const CaseStats& stats) {
  if (!c.selection_s || !stats.cpu_median_s || *stats.cpu_median_s <= 0) return {};
  return 100 * *c.selection_s / *stats.cpu_median_s;
}

bool selects(const CaseRecord& c) {
  return c.selection_s.has_value();
}

Value visible_error(const CaseRecord& c, const CaseStats&) {
  return c.check ? value(c.check->visible_error) : Value();
}

template <auto Field>
Value derived(const CaseRecord&, const CaseStats& stats) {
  return value(stats.*Field);
}

template <auto Field>
Value timed(const CaseRecord&, const CaseStats& stats) {
  return stats.time_s ? Value((*stats.time_s).*Field) : Value();
}

/// An end of the interval of the median or of the speed-up.
template <auto Whole, auto End>
Value end_of(const CaseRecord&, const CaseStats& stats) {
  const auto& whole = stats.*Whole;
  return whole && whole->interval ? Value((*whole->interval).*End) : Value();
}

template <auto Whole>
Value ratio_value(const CaseRecord&, const CaseStats& stats) {
  return stats.*Whole ? Value((stats.*Whole)->value) : Value();
}

/// Queries a second: in decoding, new tokens a second.
Value tokens_per_s(const CaseRecord& c, const CaseStats& stats) {
  if (!stats.time_s) return {};
  const Problem& p = c.plan.problem;
  return static_cast<double>(p.batch) * static_cast<double>(p.q_len) / stats.time_s->median;
}

Value least_traffic_gbs(const CaseRecord& c, const CaseStats& stats) {
  if (!stats.time_s || c.plan.traffic_bytes <= 0) return {};
  return static_cast<double>(c.plan.traffic_bytes) / stats.time_s->median / 1e9;
}

Value sample_count(const CaseRecord& c, const CaseStats&) {
  return static_cast<int64_t>(c.samples.size());
}

Value iterations(const CaseRecord& c, const CaseStats&) {
  return c.samples.empty() ? Value() : Value(c.samples.front().iterations);
}

/// Of inputs, output and scratch; the rest is on small pages.
Value percent_on_huge_pages(const CaseRecord& c, const CaseStats&) {
  const auto bytes = static_cast<double>(c.plan.memory_bytes().value());
  if (!c.memory.huge_page_bytes || bytes <= 0) return {};
  return 100 * std::min(static_cast<double>(*c.memory.huge_page_bytes) / bytes, 1.0);
}

/// What papers count beside inputs and outputs. cases.csv has the parts of this sum and of the
/// next.
Value intermediate_bytes(const CaseRecord& c, const CaseStats&) {
  return (Count(c.plan.workspace_bytes) + Count(c.plan.saved_bytes)).value();
}

Value memory_bytes(const CaseRecord& c, const CaseStats&) {
  return c.plan.memory_bytes().value();
}

bool saves(const CaseRecord& c) {
  return c.plan.saved_bytes > 0;
}

bool takes_steps(const CaseRecord& c) {
  return c.plan.steps.value_or(1) != 1;
}

/// Of a path that no number of layers completes.
const char* path_text(const CaseRecord& c) {
  return c.plan.path_reason == record::kNever ? record::kNever : nullptr;
}

bool has_path(const CaseRecord& c) {
  return c.plan.path || path_text(c) != nullptr;
}

bool is_far(const CaseRecord& c) {
  return analyze::relative_error(c).value_or(0) > 0;
}

std::string median_cell(const CaseRecord&, const CaseStats& stats) {
  return stats.time_s ? time_words(*stats.time_s) : kNone;
}

std::string speedup_cell(const CaseRecord&, const CaseStats& stats) {
  return stats.speedup ? ratio_words(*stats.speedup) : kNone;
}

std::string error_cell(const CaseRecord& c, const CaseStats&) {
  return c.check ? error_words(*c.check) : kNone;
}

using analyze::Interval;
using record::Case;
using record::Check;
using record::Memory;
using record::Quality;

constexpr Quantity kQuantities[] = {
    {.name = "time_median_s",
     .of = timed<&Summary::median>,
     .format = Format::kTime,
     .title = "median [95 %]",
     .label = "median time per call",
     .low = "time_ci_low_s",
     .high = "time_ci_high_s",
     .least = "time_min_s",
     .most = "time_max_s",
     .words = median_cell},
    {.name = "time_ci_low_s",
     .of = end_of<&CaseStats::time_s, &Interval::low>,
     .format = Format::kTime},
    {.name = "time_ci_high_s",
     .of = end_of<&CaseStats::time_s, &Interval::high>,
     .format = Format::kTime},
    {.name = "time_min_s", .of = timed<&Summary::min>, .format = Format::kTime},
    {.name = "time_max_s", .of = timed<&Summary::max>, .format = Format::kTime},
    {.name = "cpu_median_s",
     .of = derived<&CaseStats::cpu_median_s>,
     .format = Format::kTime,
     .in_page = false},
    {.name = "first_call_median_s",
     .of = derived<&CaseStats::first_call_median_s>,
     .format = Format::kTime},
    {.name = "setup_median_s",
     .of = derived<&CaseStats::setup_median_s>,
     .format = Format::kTime,
     .title = "set-up",
     .is_worth_a_column = sets_up},
    {.name = "empty_call_median_s",
     .of = derived<&CaseStats::empty_call_median_s>,
     .format = Format::kTime,
     .title = "empty call",
     .is_worth_a_column = is_called_from_outside},
    {.name = "samples", .of = sample_count},
    {.name = "iterations", .of = iterations, .in_page = false},
    {.name = "gflops",
     .of = derived<&CaseStats::gflops>,
     .title = "GFLOP/s",
     .chart = "rate",
     .pick = "GFLOP/s"},
    {.name = "percent_of_peak",
     .of = derived<&CaseStats::percent_of_peak>,
     .format = Format::kPercent,
     .digits = 2,
     .title = "% of peak",
     .chart = "rate",
     .pick = "% of the peak",
     .of_limit = true,
     .of_peak = true},
    {.name = "percent_in_selection",
     .of = percent_in_selection,
     .format = Format::kPercent,
     .digits = 2,
     .title = "% in selection",
     .is_worth_a_column = selects},
    {.name = "percent_of_adjacent_peak",
     .of = derived<&CaseStats::percent_of_adjacent_peak>,
     .format = Format::kPercent,
     .digits = 2,
     .title = "% of adjacent peak",
     .of_limit = true,
     .of_peak = true},
    {.name = "flop_per_byte", .of = derived<&CaseStats::flop_per_byte>},
    {.name = "percent_of_roofline",
     .of = derived<&CaseStats::percent_of_roofline>,
     .format = Format::kPercent,
     .digits = 2,
     .title = "% of roofline",
     .chart = "rate",
     .pick = "% of the roofline",
     .of_limit = true},
    {.name = "percent_of_adjacent_roofline",
     .of = derived<&CaseStats::percent_of_adjacent_roofline>,
     .format = Format::kPercent,
     .digits = 2,
     .title = "% of adjacent roofline",
     .of_limit = true},
    {.name = "tokens_per_s", .of = tokens_per_s, .chart = "rate", .pick = "tokens/s (queries)"},
    {.name = "least_traffic_gbs",
     .of = least_traffic_gbs,
     .chart = "rate",
     .pick = "GB/s of least traffic"},
    {.name = "thread_speedup",
     .of = ratio_value<&CaseStats::thread_speedup>,
     .format = Format::kRatio,
     .low = "thread_speedup_ci_low",
     .high = "thread_speedup_ci_high",
     .chart = "threads",
     .pick = "speed-up"},
    {.name = "thread_speedup_ci_low", .of = end_of<&CaseStats::thread_speedup, &Interval::low>},
    {.name = "thread_speedup_ci_high", .of = end_of<&CaseStats::thread_speedup, &Interval::high>},
    {.name = "percent_of_linear_speedup",
     .of = derived<&CaseStats::percent_of_linear_speedup>,
     .format = Format::kPercent,
     .digits = 2,
     .chart = "threads",
     .pick = "efficiency (% of linear)"},
    {.name = "speedup",
     .of = ratio_value<&CaseStats::speedup>,
     .format = Format::kRatio,
     .title = "speed-up",
     .over_baseline = true,
     .low = "speedup_ci_low",
     .high = "speedup_ci_high",
     .words = speedup_cell},
    {.name = "speedup_ci_low",
     .of = end_of<&CaseStats::speedup, &Interval::low>,
     .format = Format::kRatio},
    {.name = "speedup_ci_high",
     .of = end_of<&CaseStats::speedup, &Interval::high>,
     .format = Format::kRatio},
    {.name = "flops", .of = planned<&Case::flops>},
    {.name = "pairs", .of = planned<&Case::pairs>, .in_page = false},
    {.name = "traffic_bytes", .of = planned<&Case::traffic_bytes>, .format = Format::kBytes},
    {.name = "steps",
     .of = counted<&Case::steps>,
     .format = Format::kWhole,
     .title = "sequential steps",
     .is_worth_a_column = takes_steps},
    {.name = "path",
     .of = counted<&Case::path>,
     .format = Format::kWhole,
     .title = "longest path",
     .text = path_text,
     .is_worth_a_column = has_path},
    {.name = "input_bytes", .of = planned<&Case::input_bytes>, .format = Format::kBytes},
    {.name = "output_bytes", .of = planned<&Case::output_bytes>, .format = Format::kBytes},
    {.name = "workspace_bytes",
     .of = planned<&Case::workspace_bytes>,
     .format = Format::kBytes,
     .title = "workspace",
     .chart = "memory",
     .pick = "workspace (declared, exact)"},
    {.name = "saved_bytes",
     .of = planned<&Case::saved_bytes>,
     .format = Format::kBytes,
     .title = "saved for backward",
     .chart = "memory",
     .pick = "saved for backward (declared, exact)",
     .is_worth_a_column = saves},
    {.name = "intermediate_bytes",
     .of = intermediate_bytes,
     .format = Format::kBytes,
     .label = "memory between inputs and outputs",
     .in_csv = false,
     .in_page = false},
    {.name = "memory_bytes",
     .of = memory_bytes,
     .format = Format::kBytes,
     .label = "memory in all",
     .in_csv = false,
     .in_page = false},
    {.name = "heap_peak_bytes",
     .of = remembered<&Memory::heap_peak_bytes>,
     .format = Format::kBytes,
     .title = "heap peak",
     .chart = "memory",
     .pick = "heap peak"},
    {.name = "resident_peak_bytes",
     .of = remembered<&Memory::resident_peak_bytes>,
     .format = Format::kBytes,
     .title = "resident peak",
     .chart = "memory",
     .pick = "resident peak"},
    {.name = "setup_heap_peak_bytes",
     .of = remembered_of_setup<&Memory::heap_peak_bytes>,
     .format = Format::kBytes,
     .title = "set-up heap peak",
     .is_worth_a_column = sets_up},
    {.name = "setup_resident_peak_bytes",
     .of = remembered_of_setup<&Memory::resident_peak_bytes>,
     .format = Format::kBytes,
     .title = "set-up resident peak",
     .is_worth_a_column = sets_up},
    {.name = "percent_on_huge_pages", .of = percent_on_huge_pages, .format = Format::kPercent},
    {.name = "check_rows", .of = checked<&Check::rows_checked>, .in_page = false},
    {.name = "check_worst_error",
     .of = checked<&Check::worst_error>,
     .digits = 2,
     .label = "largest |out − oracle|",
     .chart = "error",
     .pick = "largest |out − oracle|"},
    {.name = "check_worst_error_over_bound",
     .of = checked<&Check::worst_error_over_bound>,
     .format = Format::kError,
     .digits = 2,
     .title = "worst error",
     .label = "part of the rounding bound",
     .error = "check_worst_error",
     .words = error_cell,
     .chart = "error",
     .pick = "part of the rounding bound"},
    {.name = "check_visible_error", .of = visible_error, .digits = 2, .in_page = false},
    {.name = "check_rows_counted", .of = checked<&Check::rows_counted>, .in_page = false},
    {.name = "check_differing_outputs", .of = checked<&Check::differing_outputs>, .in_page = false},
    {.name = "distance_rows", .of = distance_rows, .in_page = false},
    {.name = "distance_relative_error",
     .of = lost<&Quality::relative_error>,
     .digits = 2,
     .title = "distance from full",
     .label = "relative error against full attention",
     .chart = "distance",
     .pick = "relative error",
     .is_worth_a_column = is_far},
    {.name = "distance_worst_head_error",
     .of = lost<&Quality::worst_head_error>,
     .digits = 2,
     .label = "relative error of the worst head",
     .chart = "distance",
     .pick = "relative error of the worst head"},
    {.name = "distance_worst_head", .of = lost<&Quality::worst_head>, .in_page = false},
    {.name = "distance_cosine",
     .of = lost<&Quality::cosine>,
     .label = "cosine with full attention",
     .chart = "distance",
     .pick = "cosine"},
    {.name = "percent_of_attention_mass",
     .of = percent_of_attention_mass,
     .format = Format::kPercent,
     .digits = 2,
     .label = "% of the attention mass",
     .chart = "distance",
     .pick = "% of the attention mass"},
};

const char* format_name(Format format) {
  switch (format) {
    case Format::kNumber:
      return "number";
    case Format::kPercent:
      return "percent";
    case Format::kTime:
      return "time";
    case Format::kRatio:
      return "ratio";
    case Format::kBytes:
      return "bytes";
    case Format::kError:
      return "error";
    case Format::kWhole:
      return "whole";
  }
  return "unknown";
}

const char* missing_text(const Quantity& quantity, const CaseRecord& c) {
  const char* const text = quantity.text == nullptr ? nullptr : quantity.text(c);
  return text == nullptr ? kNone : text;
}

bool quantity_has(const Value& value) {
  return !std::holds_alternative<std::monostate>(value);
}

/// Tables for people begin with them.
bool leads(const Quantity* quantity) {
  return quantity->format == Format::kTime || quantity->format == Format::kRatio;
}

/// " (bf16)" beside a percentage of that peak; empty beside any other number.
std::string peak_mark(const Quantity& quantity, const CaseStats& stats) {
  if (!quantity.of_peak || stats.peak == analyze::Peak::kFma) return {};
  return std::string(" (") + peak_name(stats.peak) + ")";
}

}  // namespace

std::span<const Quantity> quantities() {
  return kQuantities;
}

std::vector<const Quantity*> table_quantities(const record::Run& run) {
  std::vector<const Quantity*> shown;
  for (const Quantity& quantity : kQuantities) {
    const auto worth = quantity.is_worth_a_column;
    if (quantity.title != nullptr &&
        (worth == nullptr || std::any_of(run.cases.begin(), run.cases.end(), worth)))
      shown.push_back(&quantity);
  }
  std::stable_partition(shown.begin(), shown.end(), leads);
  return shown;
}

std::string quantity_title(const Quantity& quantity, const std::string& baseline) {
  const bool over = quantity.over_baseline && !baseline.empty();
  return quantity.title + (over ? " over " + baseline : std::string());
}

std::string quantity_label(const Quantity& quantity, const std::string& baseline) {
  if (quantity.label != nullptr) return quantity.label;
  if (quantity.title != nullptr) return quantity_title(quantity, baseline);
  std::string words = quantity.name;
  for (const std::string_view unit : {"_s", "_bytes"})
    if (words.ends_with(unit)) words.resize(words.size() - unit.size());
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

const Quantity* find_quantity(std::string_view name) {
  const auto* const it = std::find_if(std::begin(kQuantities), std::end(kQuantities),
                                      [&](const Quantity& q) { return q.name == name; });
  return it == std::end(kQuantities) ? nullptr : it;
}

std::string quantity_words(const Quantity& quantity, const CaseRecord& c, const CaseStats& stats) {
  if (quantity.words != nullptr) return quantity.words(c, stats);
  const Value value = shown_value(quantity, c, stats);
  if (!quantity_has(value)) return missing_text(quantity, c);
  const auto* const whole = std::get_if<int64_t>(&value);
  const double number = whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
  switch (quantity.format) {
    case Format::kTime:
      return record::format_time(number);
    case Format::kBytes:
      return record::format_bytes(number);
    case Format::kWhole:
      return record::format_fixed(number, 0);
    default:
      return number_words(number, quantity.digits) + peak_mark(quantity, stats);
  }
}

Value shown_value(const Quantity& quantity, const CaseRecord& c, const CaseStats& stats) {
  const Value value = quantity.of(c, stats);
  const auto* const percent = std::get_if<double>(&value);
  return quantity.of_limit && percent != nullptr && *percent > 100 ? Value() : value;
}

std::string hidden_words(const CaseRecord& c, const CaseStats& stats) {
  std::string words;
  for (const Quantity& q : kQuantities)
    if (quantity_has(q.of(c, stats)) && !quantity_has(shown_value(q, c, stats)))
      words += (words.empty() ? "" : ", ") + std::string(q.title);
  if (words.empty()) return words;
  const bool by_memory = analyze::memory_sets_the_roof(stats) &&
                         stats.percent_of_peak.value_or(0) <= 100 &&
                         stats.percent_of_adjacent_peak.value_or(0) <= 100;
  return "Not shown: " + words + ". " + above_limit_words(c.plan, by_memory);
}

record::Json shown_json(const Quantity& quantity, const CaseRecord& c, const CaseStats& stats) {
  const Value value = shown_value(quantity, c, stats);
  const char* const text = quantity.text == nullptr ? nullptr : quantity.text(c);
  return quantity_has(value) || text == nullptr ? value_json(value) : record::Json(text);
}

record::Json value_json(const Value& value) {
  if (const auto* const whole = std::get_if<int64_t>(&value)) return *whole;
  const auto* const number = std::get_if<double>(&value);
  return number != nullptr && std::isfinite(*number) ? record::Json(*number) : record::Json();
}

record::Json quantities_json() {
  record::Json all = record::Json::array();
  for (const Quantity& q : kQuantities) {
    if (q.title == nullptr && q.chart == nullptr) continue;
    record::Json j = {{"name", q.name}, {"format", format_name(q.format)}, {"digits", q.digits}};
    const auto add = [&](const char* key, const char* text) {
      if (text != nullptr) j[key] = text;
    };
    add("title", q.title);
    if (q.over_baseline) j["over_baseline"] = true;
    if (q.of_peak) j["of_peak"] = true;
    add("low", q.low);
    add("high", q.high);
    add("least", q.least);
    add("most", q.most);
    add("error", q.error);
    add("chart", q.chart);
    add("pick", q.pick);
    all.push_back(std::move(j));
  }
  return all;
}

}  // namespace attnbench::report
