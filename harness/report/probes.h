// What probes found, as sentences, tables and the page's data.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/json.h"
#include "report/answer.h"

namespace attnbench::report {

bool has_probes(const record::Run& run);

/// A sentence for each series and probe, at the largest n that was probed.
std::vector<Finding> probe_findings(const record::Run& run, const analyze::Analysis& analysis);

/// The first of them as whole sentences, for a first screen; the last one says if there are more.
std::vector<std::string> probe_sentences(const record::Run& run, const analyze::Analysis& analysis);

/// Tables for Markdown: one for each probe, n and number of pairs, with a row a case and a column a
/// distance. Empty if there are no probes.
std::string probes_md(const record::Run& run);

/// One row for each point, in the form of cases_csv; where a probe has none, one with the reason.
std::string probes_csv(const record::Run& run);

/// "kinds" and the "rows" of all points, in columns.
record::Json probes_json(const record::Run& run);

}  // namespace attnbench::report
