// What a figure shows: one quantity of the cases against one axis, a line for each series.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/axes.h"
#include "record/record.h"
#include "report/quantities.h"

namespace attnbench::report {

/// What a chart can have as its x axis: an axis of the sweep, or a parameter of variants.
struct ChartX {
  std::string name;                    ///< "threads"; "seq_len", which people write n; "left".
  const record::Axis* axis = nullptr;  ///< Null for a parameter.

  /// Empty if the case's variant has no such parameter.
  std::optional<double> of(const record::Case& c) const;
  /// "sequence length n", or the name.
  std::string title() const;
};

/// The numeric axes and parameters of which the run has two values or more.
std::vector<ChartX> varying_x(const record::Run& run);

/// A case's value and what its bar spans.
struct ChartPoint {
  double x = 0;
  std::optional<double> y;  ///< Empty if the case has no such value.
  std::optional<double> low, high;
  record::Outcome outcome = record::Outcome::kOk;
};

/// Cases that differ in x only.
struct ChartLine {
  std::string name;                ///< Printable: what tells it from the other lines.
  std::vector<int> cases;          ///< Indices into Run::cases, ascending in x.
  std::vector<ChartPoint> points;  ///< Parallel to `cases`.
};

struct Chart {
  const Quantity* quantity = nullptr;
  ChartX x;
  std::string y_title;  ///< "median time of a call"; the tick labels have the unit.
  std::string shared;   ///< Printable: the axes whose value all lines have in common.
  std::vector<ChartLine> lines;
};

/// The cases as lines: without y.
std::vector<ChartLine> chart_lines(const record::Run& run, const ChartX& x, std::string& shared);

/// A case's value of the quantity, with the interval of the value, or else the range of the
/// samples.
ChartPoint chart_point(const Quantity& quantity, const ChartX& x, const record::CaseRecord& c,
                       const analyze::CaseStats& stats);

/// Whether the case has an interval of the quantity.
bool has_interval(const Quantity& quantity, const record::CaseRecord& c,
                  const analyze::CaseStats& stats);

/// Lines without any value are left out, so that `lines` is empty if no case has one.
Chart make_chart(const record::Run& run, const analyze::Analysis& analysis,
                 const Quantity& quantity, const ChartX& x);

/// The label of the series that speed-ups refer to; empty if there is none.
std::string baseline_label(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
