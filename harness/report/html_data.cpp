// Columns of cases and samples, and the fits of series.
#include "report/html_data.h"

#include "analyze/case_stats.h"
#include "analyze/losses.h"
#include "record/axes.h"
#include "record/format.h"
#include "record/run_lengths.h"
#include "report/cite.h"
#include "report/escape.h"
#include "report/probes.h"
#include "report/quantities.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using record::Json;

/// The axes that distinguish groups, under their names in configs.
std::vector<const record::Axis*> group_axes() {
  std::vector<const record::Axis*> all;
  for (const record::Axis& axis : record::axes())
    if (axis.swept() && axis.in_series) all.push_back(&axis);
  return all;
}

/// The value that a config would give for the axis; null if a config need not give one.
Json axis_json(const record::Axis& axis, const record::Case& c) {
  const auto value = record::given_value(axis, c);
  return value ? record::value_json(axis, *value) : Json();
}

/// The value for people: "n" for a q_len that is seq_len; what the number 0 stands for.
std::string axis_text(const record::Axis& axis, const record::Case& c) {
  const auto value = record::given_value(axis, c);
  if (value) return record::value_text(axis, *value);
  if (axis.type() != record::AxisType::kNumber) return "n";
  return axis.resolved != nullptr ? record::shortest(axis.resolved(c)) : "none";
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json growth_json(const analyze::Measured& measured, const std::string& words) {
  if (!measured.fit) return nullptr;
  const analyze::Fit& fit = *measured.fit;
  Json local = Json::array();
  for (const analyze::LocalSlope& l : fit.local_slopes)
    local.push_back({l.from, l.to, l.slope, l.interval ? Json(l.interval->low) : Json(),
                     l.interval ? Json(l.interval->high) : Json()});
  return {{"slope", fit.slope},
          {"scale", fit.scale},
          {"words", words},
          {"sizes", measured.seq_lens},
          {"local", std::move(local)}};
}

Json exact_json(const analyze::Measured& measured) {
  return growth_json(measured, measured.fit ? exact_slope_words(*measured.fit) : "");
}

Json fit_json(const analyze::Measured& measured) {
  return growth_json(measured, measured.fit ? slope_words(*measured.fit) : "");
}

Json series_json(const record::Run& run, const analyze::Analysis& analysis, int index, int group) {
  const analyze::Series& series = analysis.series[index];
  const record::Case& plan = run.cases[series.cases.front()].plan;
  Json params = Json::object();
  for (const auto& [name, value] : plan.params) params[printable(name)] = value;
  return {{"label", printable(plan.label)},
          {"variant", printable(plan.variant)},
          {"kind", plan.kind},
          {"params", std::move(params)},
          {"group", group},
          {"cases", series.cases},
          {"time", fit_json(series.time.time)},
          {"workspace", exact_json(series.memory.workspace)},
          {"saved", exact_json(series.memory.saved)},
          {"heap_peak", fit_json(series.memory.heap_peak)},
          {"resident_peak", fit_json(series.memory.resident_peak)}};
}

Json group_json(const record::Run& run, const analyze::Analysis& analysis,
                const analyze::Group& group) {
  const record::Case& plan = run.cases[analysis.series[group.series.front()].cases.front()].plan;
  Json axes = Json::array();
  Json words = Json::array();
  for (const record::Axis* axis : group_axes()) {
    axes.push_back(axis_json(*axis, plan));
    words.push_back(axis_text(*axis, plan));
  }
  const record::Ceiling* ceiling = analyze::find_ceiling(run, plan.threads, plan.pages);
  const analyze::Peak peak = analyze::peak_of(plan.problem, ceiling);
  return {{"problem", printable(record::describe_problem(plan))},
          {"axes", std::move(axes)},
          {"words", std::move(words)},
          {"series", group.series},
          {"baseline", or_null(group.baseline)},
          {"peak", peak_name(peak)},
          {"peak_gflops", ceiling != nullptr ? Json(analyze::peak_gflops(*ceiling, peak)) : Json()},
          {"memory_gbs", ceiling != nullptr
                             ? Json(ceiling->read_gbs > 0 ? ceiling->read_gbs : ceiling->stream_gbs)
                             : Json()}};
}

/// Of each case, whether it is on the Pareto front of time and distance of its length, and whether
/// it stands for all seeds there; null if it lacks a time or a distance, or if nothing is lost.
void add_losses(Columns& columns, const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Json> on_front(run.cases.size()), stands(run.cases.size());
  for (const analyze::Group& group : analysis.groups)
    for (const analyze::LossesAtSize& at : analyze::find_losses(run, analysis, group))
      for (const analyze::Loss& loss : at.cases) {
        on_front[loss.index] = loss.on_front;
        stands[loss.index] = loss.stands;
      }
  for (size_t i = 0; i < run.cases.size(); ++i) {
    columns.add("on_front", on_front[i]);
    columns.add("stands", stands[i]);
  }
}

void add_case(Columns& columns, Texts& reasons, const record::CaseRecord& c,
              const analyze::CaseStats& stats) {
  const record::Case& plan = c.plan;
  columns.add("seq_len", plan.seq_len());
  columns.add("q_len", plan.problem.q_len);
  columns.add("outcome", record::outcome_name(plan.outcome));
  columns.add("reason", reasons.index(printable(plan.reason)));
  columns.add("details", reasons.index(printable_lines(plan.details)));
  for (const Quantity& quantity : quantities())
    if (quantity.in_page) columns.add(quantity.name, shown_json(quantity, c, stats));
  columns.add("hidden", reasons.index(printable(hidden_words(c, stats))));
  columns.add("no_distance", reasons.index(printable(c.quality ? c.quality->reason : "")));
  columns.add("untrained", c.quality && c.quality->untrained);
}

/// Each case's samples in the order measured, one case after another. `outlier` has a digit for
/// each sample: 0 for none, 1 for mild, 2 for extreme.
Json samples_json(const record::Run& run, const analyze::Analysis& analysis) {
  Json rounds = Json::array(), times = Json::array();
  std::string outliers;
  for (size_t i = 0; i < run.cases.size(); ++i)
    for (size_t s = 0; s < run.cases[i].samples.size(); ++s) {
      rounds.push_back(run.cases[i].samples[s].round);
      times.push_back(run.cases[i].samples[s].time_s);
      outliers += static_cast<char>('0' + static_cast<int>(analysis.cases[i].outliers[s]));
    }
  return {{"round", std::move(rounds)}, {"time_s", std::move(times)}, {"outlier", outliers}};
}

Json patterns_json(const record::Run& run) {
  Json patterns = Json::array();
  for (const record::Pattern& pattern : run.patterns) {
    const Problem& p = run.cases[static_cast<size_t>(pattern.case_id)].plan.problem;
    patterns.push_back(
        {{"q_len", p.q_len}, {"kv_len", p.kv_len}, {"cells", record::run_lengths(pattern.cells)}});
  }
  return patterns;
}

Json ratios_json(const analyze::Analysis& analysis) {
  Columns columns({"a", "b", "value", "low", "high"});
  for (const analyze::Group& group : analysis.groups)
    for (const analyze::CaseRatio& r : group.ratios) {
      columns.add("a", r.a);
      columns.add("b", r.b);
      columns.add("value", r.ratio.value);
      columns.add("low", r.ratio.interval ? Json(r.ratio.interval->low) : Json());
      columns.add("high", r.ratio.interval ? Json(r.ratio.interval->high) : Json());
    }
  return columns.take();
}

}  // namespace

size_t Texts::index(const std::string& text) {
  const auto [it, is_new] = known_.try_emplace(text, list_.size());
  if (is_new) list_.push_back(text);
  return it->second;
}

std::string script_safe(const Json& json) {
  const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

Json sweep_json(const record::Run& run, const analyze::Analysis& analysis) {
  Json data = Json::object();
  data["name"] = printable(run.name);
  data["axes"] = Json::array();
  data["numeric"] = Json::array();
  data["grows"] = Json::array();
  data["side_by_side"] = Json::array();
  for (const record::Axis* axis : group_axes()) {
    data["axes"].push_back(axis->name);
    data["numeric"].push_back(axis->is_numeric());
    data["grows"].push_back(axis->more_is_larger);
    data["side_by_side"].push_back(axis->side_by_side);
  }

  std::vector<int> group_of(analysis.series.size());
  data["groups"] = Json::array();
  for (const analyze::Group& group : analysis.groups) {
    for (const int s : group.series) group_of[s] = static_cast<int>(data["groups"].size());
    data["groups"].push_back(group_json(run, analysis, group));
  }
  data["series"] = Json::array();
  for (int s = 0; std::cmp_less(s, analysis.series.size()); ++s)
    data["series"].push_back(series_json(run, analysis, s, group_of[s]));
  return data;
}

std::string html_data(const record::Run& run, const analyze::Analysis& analysis) {
  Json data = sweep_json(run, analysis);
  data["any_x"] = true;
  data["memory_limit_bytes"] = run.memory_limit_bytes;
  data["cache_bytes"] = {run.machine.l1d_bytes, run.machine.l2_bytes, run.machine.l3_bytes};
  data["run_command"] = run_command(run);
  data["config"] = Json::parse(run.config_json, nullptr, false);
  data["quantities"] = quantities_json();
  data["table"] = Json::array();
  for (const Quantity* const quantity : table_quantities(run))
    data["table"].push_back(quantity->name);
  data["pattern_size"] = record::kPatternSize;
  data["patterns"] = patterns_json(run);
  Columns columns;
  Texts reasons;
  for (size_t i = 0; i < run.cases.size(); ++i)
    add_case(columns, reasons, run.cases[i], analysis.cases[i]);
  add_losses(columns, run, analysis);
  data["cases"] = columns.take();
  data["reasons"] = reasons.take();
  data["samples"] = samples_json(run, analysis);
  data["ratios"] = ratios_json(analysis);
  data["probes"] = probes_json(run);
  return script_safe(data);
}

}  // namespace attnbench::report
