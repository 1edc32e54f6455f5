// What the series of a run are called: by what differs between them.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// "4 heads, head_dim 64, causal, 2 threads" is said once; "blocked, 32 heads" names a series in
/// which only the heads differ from the others.
struct SeriesNames {
  std::string shared;              ///< The axes whose value all series have in common.
  std::vector<std::string> names;  ///< Parallel to Analysis::series: label, then what differs.
};

/// Printable text.
SeriesNames name_series(const record::Run& run, const analyze::Analysis& analysis);

/// A line of a chart: what its name begins with, and one of its cases.
struct LineStart {
  std::string name;
  const record::Case* first = nullptr;
};

/// The same for lines whose cases differ in `x`, the name of an axis or of a parameter.
SeriesNames name_lines(const std::vector<LineStart>& lines, const std::string& x);

}  // namespace attnbench::report
