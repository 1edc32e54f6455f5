// Phrases for slopes, verdicts, times and names.
#include "report/words.h"

#include <cmath>

#include "record/axes.h"
#include "record/format.h"

namespace attnbench::report {
namespace {

/// Two decimals, so that slopes and their bounds line up.
std::string decimals(double value) {
  return record::format_fixed(value, 2);
}

}  // namespace

std::string slope_words(const analyze::Fit& fit) {
  return "n^" + decimals(fit.slope) + " [" + decimals(fit.interval.low) + ", " +
         decimals(fit.interval.high) + "]";
}

std::string exact_slope_words(const analyze::Fit& fit) {
  const bool is_power_law = fit.interval.high - fit.interval.low < 0.01;
  return is_power_law ? "n^" + decimals(fit.slope) : slope_words(fit);
}

std::string verdict_words(const analyze::Judgement& judgement) {
  const std::string declared = "the declared " + record::growth_words(judgement.declared);
  switch (judgement.verdict) {
    case analyze::Verdict::kHolds:
      return declared + " holds";
    case analyze::Verdict::kDoesNotHold:
      return declared + " does not hold: " +
             (judgement.reason.empty()
                  ? "a slope of " + decimals(judgement.expected_slope) + " was expected, within " +
                        decimals(analyze::kTheoryTolerance)
                  : judgement.reason);
    case analyze::Verdict::kNone:
      break;
  }
  return "no verdict on " + declared + ": " + judgement.reason;
}

std::string time_words(const analyze::Summary& time_s) {
  const std::string median = record::format_time(time_s.median);
  if (time_s.interval)
    return median + " [" + record::format_time(time_s.interval->low) + ", " +
           record::format_time(time_s.interval->high) + "]";
  if (time_s.min == time_s.max) return median;
  return median + " (" + record::format_time(time_s.min) + " to " +
         record::format_time(time_s.max) + ")";
}

std::string ratio_words(const analyze::Ratio& ratio) {
  std::string words = record::format_number(ratio.value, 3) + "x";
  if (ratio.interval)
    words += " [" + record::format_number(ratio.interval->low, 3) + ", " +
             record::format_number(ratio.interval->high, 3) + "]";
  return words;
}

analyze::Ratio inverse(const analyze::Ratio& ratio) {
  analyze::Ratio turned{1 / ratio.value, {}};
  if (ratio.interval)
    turned.interval = analyze::Interval{1 / ratio.interval->high, 1 / ratio.interval->low};
  return turned;
}

std::string as_fast_words(const analyze::Ratio& time_ratio) {
  return ratio_words(inverse(time_ratio)) + " as fast";
}

std::string cases_words(size_t count) {
  return record::plural(static_cast<int64_t>(count), "case");
}

std::string no_interval_words() {
  return "too few rounds for an interval (" + std::to_string(analyze::kFewestSamples) +
         " are needed)";
}

std::string number_words(double value, int digits) {
  return value == 0 ? "0" : record::format_number(value, digits);
}

const char* peak_name(analyze::Peak peak) {
  return peak == analyze::Peak::kBf16 ? "bf16" : "FMA";
}

std::string percent_words(double percent) {
  return record::format_number(percent, 2) + " %";
}

std::string error_words(const record::Check& check) {
  return record::format_number(check.worst_error, 2) + " (" +
         record::format_number(check.worst_error_over_bound, 2) + " of its bound)";
}

std::string visible_words(const record::Check& check, int64_t rows, std::string_view kind) {
  if (!check.visible_error) return {};
  std::string words = "the check would have seen a relative error of " +
                      record::format_number(*check.visible_error, 2) + " in a row";
  if (check.rows_sharp && *check.rows_sharp < check.rows_checked)
    words += " (one of " + record::format_number(record::kSharpError, 1) + " in only " +
             std::to_string(*check.rows_sharp) + " of " + std::to_string(check.rows_checked) +
             " rows)";
  if (kind != "exact" && check.rows_counted == 0) return words;
  return words + ", and one key too few or too many in " +
         (check.rows_counted == rows
              ? "every row"
              : std::to_string(check.rows_counted) + " of " + std::to_string(rows) + " rows");
}

std::string sizes_words(const std::vector<int64_t>& seq_lens) {
  constexpr size_t kAll = 7;
  const bool all = seq_lens.size() <= kAll;
  std::string words = "n = ";
  for (size_t i = 0; i < (all ? seq_lens.size() : 2); ++i)
    words += (i == 0 ? "" : ", ") + std::to_string(seq_lens[i]);
  if (!all)
    words += ", ... " + std::to_string(seq_lens.back()) + " (" + std::to_string(seq_lens.size()) +
             " sizes)";
  return words;
}

std::string seq_len_limit_words(int64_t seq_len) {
  constexpr int64_t kSearchEnd = int64_t{1} << 32;
  return std::to_string(seq_len) + (seq_len >= kSearchEnd ? " or more" : "");
}

std::string batch_limit_words(int64_t batch) {
  return batch == 0 ? "none" : std::to_string(batch) + (batch >= kMaxBatch ? " or more" : "");
}

std::string series_words(const record::Run& run, const analyze::Analysis& analysis, int series) {
  const record::Case& plan = run.cases[analysis.series[series].cases.front()].plan;
  return analysis.groups.size() == 1 ? plan.label : record::describe_series(plan);
}

std::string effect_words(const record::Run& run, const analyze::AxisEffect& effect) {
  const record::Axis& axis = record::axis_named(effect.axis);
  const record::Case& standard = run.cases[static_cast<size_t>(effect.standard)].plan;
  const std::string standard_words = "with " + record::told_words(axis, standard);
  const std::string at = " at n = " + std::to_string(standard.seq_len());
  const auto& interval = effect.ratio.interval;
  if (!interval || (interval->low <= 1 && interval->high >= 1))
    return "cannot be told apart from the same " + standard_words + at + " (" +
           ratio_words(effect.ratio) + (interval ? ")." : ", too few rounds for an interval).");
  return ratio_words(effect.ratio) + " as fast as " + standard_words + at + ".";
}

std::string huge_page_words(const record::Run& run) {
  double asked = 0, got = 0;
  for (const record::CaseRecord& c : run.cases) {
    if (c.plan.pages != record::Pages::kHuge || !c.memory.huge_page_bytes) continue;
    asked += static_cast<double>(c.plan.memory_bytes().value());
    got += static_cast<double>(*c.memory.huge_page_bytes);
  }
  const std::string part =
      asked == 0 ? "an unknown part" : percent_words(std::floor(100 * std::min(got / asked, 1.0)));
  return part + " of inputs, output and scratch";
}

std::string partial_words(const record::Run& run, const analyze::Analysis& analysis) {
  const bool whole = run.interrupted.empty() && !run.finished_utc.empty() &&
                     analysis.finished_cases == static_cast<int>(run.cases.size());
  if (whole) return {};
  return "PARTIAL: " +
         (run.interrupted.empty() ? "not finished" : "interrupted by " + run.interrupted) + ": " +
         std::to_string(analysis.finished_cases) + " of " + cases_words(run.cases.size()) +
         " finished";
}

std::string plugin_words(const record::Plugin& plugin) {
  return "Plugin: " + plugin.path + " (sha256 " + plugin.sha256 + "), " + plugin.compiler + ", " +
         plugin.build_type + ", " + plugin.flags;
}

std::string file_words(const record::VariantFile& file) {
  std::string text = "a file with sha256 " + file.sha256;
  for (const auto& [name, version] : file.versions) text += ", " + name + " " + version;
  return text;
}

}  // namespace attnbench::report
