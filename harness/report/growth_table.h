// The table of growth, the same in every report.
#pragma once

#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/table.h"

namespace attnbench::report {

/// With a column for what is saved for backward, if the run trains something.
Cells growth_header(const record::Run& run);

/// One row per series; the first column is the series' name.
std::vector<Cells> growth_rows(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
