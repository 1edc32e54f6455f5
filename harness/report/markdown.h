// report.md: the answer first, then the tables, then how it was measured.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// GitHub-flavoured Markdown. Names and reasons are escaped, so that they show as text.
std::string report_md(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
