// Writes what probes found, point by point.
#include "report/probes.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/probe_reach.h"
#include "record/format.h"
#include "report/csv_row.h"
#include "report/escape.h"
#include "report/html_data.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using record::Probe;
using record::ProbePoint;

/// A probe of a case.
struct Found {
  const record::CaseRecord* c;
  const Probe* probe;
};

std::vector<Found> all_found(const record::Run& run) {
  std::vector<Found> all;
  for (const record::CaseRecord& c : run.cases)
    for (const Probe& probe : c.probes) all.push_back({&c, &probe});
  return all;
}

/// The tables of one group: by n, then by pairs.
using Tables = std::map<std::pair<int64_t, int64_t>, std::vector<Found>>;

std::string one_table(int64_t n, int64_t pairs, const std::vector<Found>& rows) {
  std::string text = "\nn = " + std::to_string(n) +
                     (pairs > 0 ? ", " + record::plural(pairs, "pair") : "") + ":\n\n";
  Cells header{"series"};
  for (const ProbePoint& p : rows.front().probe->points)
    if (p.pairs == pairs) header.push_back(std::to_string(p.distance));
  text += markdown_header(header, 1);
  for (const Found& found : rows) {
    Cells cells{found.c->plan.label};
    for (const ProbePoint& p : found.probe->points)
      if (p.pairs == pairs) cells.push_back(number_words(p.value, 2));
    text += markdown_row(cells);
  }
  return text;
}

/// What a kind of probe found of the cases of one group; empty if it found nothing.
std::string group_tables(const record::Run& run, const analyze::Analysis& analysis,
                         const analyze::Group& group, const record::ProbeKind& kind) {
  Tables tables;
  for (const int s : group.series)
    for (const int index : analysis.series[s].cases) {
      const record::CaseRecord& c = run.cases[index];
      for (const Probe& probe : c.probes)
        for (const ProbePoint& p : probe.points) {
          if (probe.name != kind.name) break;
          auto& rows = tables[{c.plan.seq_len(), p.pairs}];
          if (rows.empty() || rows.back().probe != &probe) rows.push_back({&c, &probe});
        }
    }
  if (tables.empty()) return {};
  const record::Case& first = tables.begin()->second.front().c->plan;
  std::string text = "\n#### " + markdown_text(record::describe_problem(first)) + "\n";
  for (const auto& [key, rows] : tables) text += one_table(key.first, key.second, rows);
  return text;
}

/// "- no memory of full, window left=64: it sees q and k" for each probe and reason.
std::string reasons_md(const record::Run& run) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> series_of;
  for (const Found& found : all_found(run)) {
    if (found.probe->reason.empty()) continue;
    auto& series = series_of[{found.probe->name, found.probe->reason}];
    if (std::ranges::find(series, found.c->plan.label) == series.end())
      series.push_back(found.c->plan.label);
  }
  std::string text;
  for (const auto& [what, series] : series_of) {
    std::string names;
    for (const std::string& name : series) names += (names.empty() ? "" : ", ") + name;
    text += "- " + markdown_text("no " + what.first + " of " + names + ": " + what.second) + "\n";
  }
  return text;
}

}  // namespace

bool has_probes(const record::Run& run) {
  return std::ranges::any_of(run.cases,
                             [](const record::CaseRecord& c) { return !c.probes.empty(); });
}

std::string probes_md(const record::Run& run, const analyze::Analysis& analysis) {
  std::string text;
  for (const record::ProbeKind& kind : record::probe_kinds()) {
    std::string tables;
    for (const analyze::Group& group : analysis.groups)
      tables += group_tables(run, analysis, group, kind);
    if (!tables.empty())
      text.append("\n### ").append(kind.name).append("\n\n").append(kind.doc) +=
          " The value is " + std::string(kind.value) + ".\n" + tables;
  }
  const std::string reasons = reasons_md(run);
  if (text.empty() && reasons.empty()) return {};
  return "\n## Probes\n\nColumns are distances before the last token.\n" + text +
         (reasons.empty() ? "" : "\nNot probed:\n\n" + reasons);
}

std::string probes_csv(const record::Run& run) {
  std::string out = identity_columns() + "probe,seeds,distance,pairs,value,low,high,reason\n";
  CsvRow row(out);
  for (const Found& found : all_found(run)) {
    const Probe& probe = *found.probe;
    const auto begin = [&] {
      add_identity(row, found.c->plan);
      row.text(probe.name);
      row.integer(probe.seeds);
    };
    for (const ProbePoint& p : probe.points) {
      begin();
      row.integer(p.distance);
      row.integer(p.pairs);
      row.number(p.value);
      row.number(p.low);
      row.number(p.high);
      row.text("");
      row.end();
    }
    if (!probe.points.empty()) continue;
    begin();
    for (int i = 0; i < 5; ++i) row.missing();
    row.text(probe.reason);
    row.end();
  }
  return out;
}

record::Json probes_json(const record::Run& run) {
  record::Json kinds = record::Json::array();
  for (const record::ProbeKind& kind : record::probe_kinds())
    kinds.push_back(
        {{"name", kind.name},
         {"doc", kind.doc},
         {"value", kind.value},
         {"chance", kind.chance},
         {"rounding", kind.rounding > 0 ? record::Json(kind.rounding) : record::Json()}});
  Columns rows({"case", "probe", "distance", "pairs", "value", "low", "high"});
  for (const Found& found : all_found(run))
    for (const ProbePoint& p : found.probe->points) {
      rows.add("case", found.c->plan.id);
      rows.add("probe", found.probe->name);
      rows.add("distance", p.distance);
      rows.add("pairs", p.pairs);
      rows.add("value", p.value);
      rows.add("low", p.low);
      rows.add("high", p.high);
    }
  return {{"kinds", std::move(kinds)}, {"rows", rows.take()}};
}

}  // namespace attnbench::report
