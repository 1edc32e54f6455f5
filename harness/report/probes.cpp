// Tells what reaches the last output, and from how far.
#include "report/probes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

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

/// Values within this factor of the largest are alike, given what seeds make of them.
constexpr double kAlike = 0.4;
constexpr double kRecalled = 0.9;
constexpr double kChance = 1.0 / 16;  ///< measure::kCodes.

std::string number(double value) {
  return record::format_number(value, 2);
}

std::string percent(double part) {
  return std::to_string(std::lround(100 * part)) + " %";
}

/// About the tokens that do not move the last output, though farther ones do.
std::string gap_words(const std::vector<ProbePoint>& points) {
  const auto moves = [](const ProbePoint& p) { return p.high > 0; };
  const auto first = std::ranges::find_if_not(points, moves);
  const auto after = std::find_if(first, points.end(), moves);
  return "none of the tokens tried from " + std::to_string(first->distance) + " to " +
         std::to_string((after - 1)->distance) +
         " back moves the last output, though farther ones do; ";
}

std::string influence_words(const std::vector<ProbePoint>& points) {
  const auto by_value = [](const ProbePoint& a, const ProbePoint& b) { return a.value < b.value; };
  const auto [least, most] = std::ranges::minmax_element(points, by_value);
  if (most->value == 0) return "none of the tokens tried before the last one moves the last output";
  const auto moves = [](const ProbePoint& p) { return p.high > 0; };
  const auto farthest = std::find_if(points.rbegin(), points.rend(), moves);
  const bool gaps = !std::all_of(points.begin(), farthest.base(), moves);
  std::string words;
  if (farthest != points.rbegin())
    words = "none of the tokens tried from " + std::to_string((farthest - 1)->distance) +
            " back on moves the last output; ";
  else if (gaps)
    words = gap_words(points);
  if (words.empty() && least->value >= kAlike * most->value)
    return "tokens move the last output about alike at every distance tried, by " +
           number(least->value) + " to " + number(most->value) + " of it";
  return words + "the token " + std::to_string(points.front().distance) + " back moves it by " +
         number(points.front().value) + " of it, the one " + std::to_string(farthest->distance) +
         " back by " + number(farthest->value);
}

std::string recall_words(const std::vector<ProbePoint>& points) {
  const auto recalled = [](const ProbePoint& p) { return p.value >= kRecalled; };
  const std::string among = " among " + record::plural(points.front().pairs, "pair");
  if (std::ranges::all_of(points, recalled))
    return "recalls at least " + percent(kRecalled) + " of the values at every distance tried" +
           among;
  const auto lost = std::ranges::find_if_not(points, recalled);
  const std::string rest = percent(lost->value) + " at " + std::to_string(lost->distance) +
                           " (by chance " + percent(kChance) + ")";
  if (lost == points.begin()) return "recalls " + rest + among;
  const auto again = std::find_if(lost, points.end(), recalled);
  return "recalls at least " + percent(kRecalled) + " of the values up to " +
         std::to_string((lost - 1)->distance) + " tokens back" + among + ", " + rest +
         (again == points.end()
              ? ""
              : ", and " + percent(again->value) + " again at " + std::to_string(again->distance));
}

std::string memory_words(const std::vector<ProbePoint>& points) {
  const ProbePoint& first = points.front();
  const ProbePoint& last = points.back();
  return "a linear readout gets back " + percent(first.value) + " of the token " +
         std::to_string(first.distance) + " back, " + percent(last.value) + " of the one " +
         std::to_string(last.distance) + " back";
}

std::string probe_words(const Probe& probe) {
  if (probe.points.empty()) return {};
  std::vector<ProbePoint> points;  // Of the most pairs.
  for (const ProbePoint& p : probe.points)
    if (p.pairs == probe.points.back().pairs) points.push_back(p);
  return probe.name == "influence" ? influence_words(points)
         : probe.name == "recall"  ? recall_words(points)
                                   : memory_words(points);
}

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

/// One table's place: the order of probes, n, pairs.
using TableKey = std::tuple<size_t, int64_t, int64_t>;

size_t kind_index(const std::string& name) {
  return static_cast<size_t>(record::find_probe_kind(name) - record::probe_kinds().data());
}

std::string one_table(const TableKey& key, const std::vector<Found>& rows) {
  const int64_t n = std::get<1>(key), pairs = std::get<2>(key);
  std::string text = "\nn = " + std::to_string(n) +
                     (pairs > 0 ? ", " + record::plural(pairs, "pair") : "") + ":\n\n";
  Cells header{"series"};
  for (const ProbePoint& p : rows.front().probe->points)
    if (p.pairs == pairs) header.push_back(std::to_string(p.distance));
  text += markdown_header(header, 1);
  for (const Found& found : rows) {
    Cells cells{markdown_text(found.c->plan.label)};
    for (const ProbePoint& p : found.probe->points)
      if (p.pairs == pairs) cells.push_back(number(p.value));
    text += markdown_row(cells);
  }
  return text;
}

}  // namespace

bool has_probes(const record::Run& run) {
  return std::ranges::any_of(run.cases,
                             [](const record::CaseRecord& c) { return !c.probes.empty(); });
}

std::vector<Finding> probe_findings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Finding> findings;
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    const analyze::Series& series = analysis.series[s];
    const auto probed = std::find_if(series.cases.rbegin(), series.cases.rend(), [&](int c) {
      return !run.cases[static_cast<size_t>(c)].probes.empty();
    });
    if (probed == series.cases.rend()) continue;
    const record::CaseRecord& c = run.cases[static_cast<size_t>(*probed)];
    for (const Probe& probe : c.probes)
      if (const std::string words = probe_words(probe); !words.empty())
        findings.push_back({series_words(run, analysis, static_cast<int>(s)),
                            "at n = " + std::to_string(c.plan.seq_len()) + ", " + words + ".",
                            static_cast<int>(s)});
  }
  return findings;
}

std::vector<std::string> probe_sentences(const record::Run& run,
                                         const analyze::Analysis& analysis) {
  constexpr size_t kMost = 8;
  std::vector<std::string> sentences;
  const std::vector<Finding> findings = probe_findings(run, analysis);
  for (const Finding& finding : findings) {
    if (sentences.size() == kMost) {
      sentences.push_back("… and " + std::to_string(findings.size() - kMost) +
                          " more such sentences in report.md.");
      break;
    }
    sentences.push_back(printable(finding_line(finding)));
  }
  return sentences;
}

std::string probes_md(const record::Run& run) {
  std::map<TableKey, std::vector<Found>> tables;
  std::string reasons;
  for (const Found& found : all_found(run)) {
    if (!found.probe->reason.empty())
      reasons += "- " + markdown_text(record::describe_case(found.c->plan)) + ": no " +
                 found.probe->name + ": " + markdown_text(found.probe->reason) + "\n";
    for (const ProbePoint& p : found.probe->points) {
      auto& rows = tables[{kind_index(found.probe->name), found.c->plan.seq_len(), p.pairs}];
      if (rows.empty() || rows.back().probe != found.probe) rows.push_back(found);
    }
  }
  std::string text;
  std::string_view told;
  for (const auto& [key, rows] : tables) {
    const record::ProbeKind& kind = record::probe_kinds()[std::get<0>(key)];
    if (told != kind.name)
      text.append("\n### ").append(kind.name).append("\n\n").append(kind.doc) +=
          " The value is " + std::string(kind.value) + ".\n";
    told = kind.name;
    text += one_table(key, rows);
  }
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
    kinds.push_back({{"name", kind.name}, {"doc", kind.doc}, {"value", kind.value}});
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
