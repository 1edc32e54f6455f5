// What probes found, as tables and the page's data.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/json.h"
#include "record/record.h"

namespace attnbench::report {

bool has_probes(const record::Run& run);

/// Tables for Markdown, of each probe and problem: one for each n and number of pairs, with a row a
/// series and a column a distance; then who was not probed, and why. Empty if there are no probes.
std::string probes_md(const record::Run& run, const analyze::Analysis& analysis);

/// One row for each point, in the form of cases_csv; where a probe has none, one with the reason.
std::string probes_csv(const record::Run& run);

/// "kinds" with what a chart says of each, and the "rows" of all points, in columns.
record::Json probes_json(const record::Run& run);

}  // namespace attnbench::report
