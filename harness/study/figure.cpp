// Reads the lines of a chart from a run.
#include "study/figure.h"

#include "record/axes.h"
#include "record/format.h"
#include "report/series_names.h"
#include "study/evidence.h"
#include "study/fields.h"
#include "study/measures.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

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

void add_line(Figure& figure, const QuantityRow& row, const std::string& name,
              const std::vector<Reading>& readings) {
  FigureLine line{name, {}};
  for (const Reading& reading : readings)
    if (reading.x.number && reading.value)
      line.points.push_back({*reading.x.number, *reading.value, reading.interval,
                             value_words(row, *reading.value, reading.interval)});
  if (!line.points.empty()) figure.lines.push_back(std::move(line));
}

/// "window, left 64, causal true, n = 4096": what the pick names, and the length looked at.
std::string line_name(const Pick& pick, int64_t seq_len) {
  std::string name = pick.variant;
  for (const auto& [param, value] : pick.params) name += ", " + param + " " + std::to_string(value);
  for (const auto& [axis, value] : pick.axes)
    name += std::string(", ") + axis->name + " " + record::value_text(*axis, value);
  return seq_len > 0 ? name + ", n = " + std::to_string(seq_len) : name;
}

/// Each line is of one pick, whose series differ in the axis or param alone.
void add_lines_along(Figure& figure, const ChartOf& chart, const QuantityRow& row,
                     const Measurements& from) {
  PicksAlong along = picks_along(chart.only, chart.x, from.firsts());
  figure.left_out = std::move(along.left_out);
  for (const Pick& pick : along.picks)
    if (const Points points = points_along(pick, chart.x, row, from); !points.readings.empty())
      add_line(figure, row, line_name(pick, points.readings.back().seq_len), points.readings);
}

/// Each line is of one series, over its lengths or distances.
void add_lines(Figure& figure, const ChartOf& chart, const QuantityRow& row, const StudyRun& run,
               const Measurements& from) {
  const std::vector<std::string> names = report::name_series(*run.run, run.analysis).names;
  for (const auto& [series, pick] : shown_series(chart, from))
    add_line(figure, row, names[static_cast<size_t>(series)],
             chart.x == kDistance ? read_distances(row, pick, series, from)
                                  : read_lengths(row, pick, series, from));
}

}  // namespace

Figure make_figure(const ChartOf& chart, const StudyRun& run) {
  Figure figure;
  const QuantityRow* const row = find_quantity_row(chart.quantity);
  if (row == nullptr || !run.run) return figure;
  const Measurements from{*run.run, run.analysis};
  figure.x_title = chart.x == kDistance ? "distance before the last token"
                   : chart.x == kSeqLen ? "sequence length n"
                                        : chart.x;
  figure.title = row->what + ", against " + figure.x_title;
  figure.format = row->format;
  if (const record::ProbeKind* const kind = record::find_probe_kind(row->name)) {
    figure.title = row->name + ": " + kind->value;
    if (kind->rounding == 0)
      figure.format = report::Format::kPercent;  // A part: its scale is linear.
  }
  if (chart.x == kSeqLen || chart.x == kDistance)
    add_lines(figure, chart, *row, run, from);
  else
    add_lines_along(figure, chart, *row, from);
  return figure;
}

std::string left_out_words(const Figure& figure) {
  std::string words;
  for (const std::string& one : figure.left_out) words += (words.empty() ? "" : ". ") + one;
  return words.empty() ? words : "Not drawn: " + words + ".";
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
