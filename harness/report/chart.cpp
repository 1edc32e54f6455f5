// Sorts cases into lines and reads their values from the table of quantities.
#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "report/series_names.h"

namespace attnbench::report {
namespace {

using record::Axis;
using record::Case;

std::optional<double> number(const Value& value) {
  if (const auto* const whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  const auto* const real = std::get_if<double>(&value);
  return real != nullptr && std::isfinite(*real) ? std::optional(*real) : std::nullopt;
}

/// The axis's value, or "follows" if it is only what x makes of it.
std::string key_of(const Axis& axis, const ChartX& x, const Case& c) {
  const bool follows_x = x.axis != nullptr && axis.follows != nullptr && axis.follows == x.name;
  const bool follows = axis.name == std::string_view("q_len")
                           ? c.q_len_follows
                           : follows_x && axis.get(c) == x.axis->get(c);
  return follows ? "follows" : record::value_text(axis, axis.get(c));
}

/// What cases of one line have in common.
std::vector<std::string> line_key(const ChartX& x, const Case& c) {
  std::vector<std::string> key{x.axis != nullptr ? c.label : c.variant};
  for (const auto& [name, value] : c.params)
    if (x.axis != nullptr || name != x.name) key.push_back(name + "=" + std::to_string(value));
  for (const Axis& axis : record::axes())
    if (axis.swept() && axis.name != x.name) key.push_back(key_of(axis, x, c));
  return key;
}

/// The label; if x is a parameter, which is part of labels, the variant and its other parameters.
std::string line_start(const ChartX& x, const Case& c) {
  if (x.axis != nullptr) return c.label;
  std::string text = c.variant;
  for (const auto& [name, value] : c.params)
    if (name != x.name) text.append(" ").append(name).append("=").append(std::to_string(value));
  return text;
}

/// The value of the quantity that another one is told with.
std::optional<double> value_named(const char* name, const record::CaseRecord& c,
                                  const analyze::CaseStats& stats) {
  const Quantity* const quantity = name != nullptr ? find_quantity(name) : nullptr;
  return quantity != nullptr ? number(quantity->of(c, stats)) : std::nullopt;
}

}  // namespace

std::optional<double> ChartX::of(const Case& c) const {
  if (axis != nullptr) {
    const record::AxisValue value = axis->get(c);
    const auto* const whole = std::get_if<int64_t>(&value);
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
  }
  for (const auto& [param, value] : c.params)
    if (param == name) return static_cast<double>(value);
  return {};
}

std::string ChartX::title() const {
  return name == "seq_len" ? "sequence length n" : name;
}

std::vector<ChartX> varying_x(const record::Run& run) {
  std::vector<ChartX> all;
  for (const Axis& axis : record::axes())
    if (axis.swept() && axis.is_numeric()) all.push_back({axis.name, &axis});
  std::set<std::string> known;
  for (const record::CaseRecord& c : run.cases)
    for (const auto& [name, value] : c.plan.params)
      if (known.insert(name).second) all.push_back({name, nullptr});
  std::erase_if(all, [&](const ChartX& x) {
    std::set<double> values;
    bool follows = x.axis != nullptr && x.axis->follows != nullptr;
    for (const record::CaseRecord& c : run.cases)
      if (const std::optional<double> value = x.of(c.plan)) {
        values.insert(*value);
        follows = follows && x.axis->get(c.plan) == record::axis_named(x.axis->follows).get(c.plan);
      }
    return follows || values.size() < 2;
  });
  return all;
}

std::vector<ChartLine> chart_lines(const record::Run& run, const ChartX& x, std::string& shared) {
  std::vector<ChartLine> lines;
  std::vector<LineStart> starts;
  std::map<std::vector<std::string>, size_t> line_of;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const Case& plan = run.cases[i].plan;
    if (!x.of(plan)) continue;
    const auto [it, is_new] = line_of.try_emplace(line_key(x, plan), lines.size());
    if (is_new) {
      lines.push_back({});
      starts.push_back({line_start(x, plan), &plan});
    }
    lines[it->second].cases.push_back(static_cast<int>(i));
  }
  const SeriesNames names = name_lines(starts, x.name);
  shared = names.shared;
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i].name = names.names[i];
    std::stable_sort(lines[i].cases.begin(), lines[i].cases.end(), [&](int a, int b) {
      return *x.of(run.cases[a].plan) < *x.of(run.cases[b].plan);
    });
  }
  return lines;
}

ChartPoint chart_point(const Quantity& quantity, const ChartX& x, const record::CaseRecord& c,
                       const analyze::CaseStats& stats) {
  ChartPoint point{*x.of(c.plan), number(quantity.of(c, stats)), {}, {}, c.plan.outcome};
  if (!point.y) return point;
  point.low = value_named(quantity.low, c, stats);
  point.high = value_named(quantity.high, c, stats);
  if (point.low && point.high) return point;
  point.low = value_named(quantity.least, c, stats);
  point.high = value_named(quantity.most, c, stats);
  return point;
}

bool has_interval(const Quantity& quantity, const record::CaseRecord& c,
                  const analyze::CaseStats& stats) {
  return value_named(quantity.low, c, stats) && value_named(quantity.high, c, stats);
}

Chart make_chart(const record::Run& run, const analyze::Analysis& analysis,
                 const Quantity& quantity, const ChartX& x) {
  Chart chart{&quantity, x, quantity_label(quantity, baseline_label(run, analysis)), {}, {}};
  chart.lines = chart_lines(run, x, chart.shared);
  for (ChartLine& line : chart.lines)
    for (const int i : line.cases)
      line.points.push_back(chart_point(quantity, x, run.cases[i], analysis.cases[i]));
  std::erase_if(chart.lines, [](const ChartLine& line) {
    return std::none_of(line.points.begin(), line.points.end(),
                        [](const ChartPoint& p) { return p.y.has_value(); });
  });
  return chart;
}

std::string baseline_label(const record::Run& run, const analyze::Analysis& analysis) {
  for (const analyze::Group& group : analysis.groups)
    if (group.baseline) return run.cases[analysis.series[*group.baseline].cases.front()].plan.label;
  return {};
}

}  // namespace attnbench::report
