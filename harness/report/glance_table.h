// The table of the run at a glance: a row a series, medians against n.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/glance_rows.h"

namespace attnbench::report {

/// The table as lines, and what a reader needs to be told about it.
struct GlanceTable {
  std::vector<std::string> lines;
  size_t hidden_series = 0;  ///< More series than a terminal is read for.
  GlanceMarks marks;
};

/// `names` is parallel to Analysis::series. Columns that do not fit into `columns` are left out:
/// sizes first, of which the two largest stay longest, then the ceiling, then scratch.
GlanceTable glance_table(const record::Run& run, const analyze::Analysis& analysis,
                         const std::vector<std::string>& names, int columns);

}  // namespace attnbench::report
