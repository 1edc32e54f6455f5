// Reads the lines of a chart from a run.
#include "study/figure.h"

#include <algorithm>

#include "record/format.h"
#include "report/series_names.h"
#include "study/evidence.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

constexpr char kDistance[] = "distance";

/// The series that the exhibit shows: those that its picks name, or all.
std::vector<std::pair<int, Pick>> shown_series(const ChartOf& chart, const Measurements& from) {
  std::vector<std::pair<int, Pick>> shown;
  const std::vector<const record::Case*> firsts = from.firsts();
  if (chart.only.empty())
    for (size_t s = 0; s < firsts.size(); ++s) shown.emplace_back(static_cast<int>(s), Pick{});
  for (const Pick& pick : chart.only)
    if (const Picked picked = find_series(pick, firsts); picked.series)
      shown.emplace_back(*picked.series, pick);
  return shown;
}

/// The distance at the end of a reading's place: "distance 16".
double distance_of(const Reading& reading) {
  return std::stod(reading.x.substr(reading.x.rfind(' ') + 1));
}

}  // namespace

Figure make_figure(const ChartOf& chart, const StudyRun& run) {
  Figure figure;
  const QuantityRow* const row = find_quantity_row(chart.quantity);
  if (row == nullptr || !run.run) return figure;
  const Measurements from{*run.run, run.analysis};
  const std::vector<std::string> names = report::name_series(*run.run, run.analysis).names;
  const bool over_distance = chart.x == kDistance;
  figure.x_title = over_distance ? "distance before the last token" : "sequence length n";
  figure.title = row->what + ", against " + figure.x_title;
  figure.format = row->format;
  if (const record::ProbeKind* const kind = record::find_probe_kind(row->name)) {
    figure.title = row->name + ": " + kind->value;
    if (kind->rounding == 0)
      figure.format = report::Format::kPercent;  // A part: its scale is linear.
  }
  for (const auto& [series, pick] : shown_series(chart, from)) {
    FigureLine line{names[static_cast<size_t>(series)], {}};
    for (const Reading& reading : over_distance ? read_distances(*row, pick, series, from)
                                                : read_lengths(*row, pick, series, from))
      if (reading.value)
        line.points.push_back(
            {over_distance ? distance_of(reading) : static_cast<double>(reading.seq_len),
             *reading.value, reading.interval,
             value_words(*row, *reading.value, reading.interval)});
    if (!line.points.empty()) figure.lines.push_back(std::move(line));
  }
  return figure;
}

std::string figure_words(const Figure& figure) {
  std::string words = figure.title + ". ";
  for (const FigureLine& line : figure.lines) {
    const FigurePoint& first = line.points.front();
    const FigurePoint& last = line.points.back();
    words += line.name + ": " + first.words + " at " + record::shortest(first.x);
    if (line.points.size() > 1) words += ", " + last.words + " at " + record::shortest(last.x);
    words += ". ";
  }
  return words;
}

}  // namespace attnbench::study
