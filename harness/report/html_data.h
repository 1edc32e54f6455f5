// The numbers that report.html draws, as one block of JSON.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// Compact JSON, cases and samples as columns; harness/report/html/data.js reads it. Holds no "<"
/// and nothing beyond ASCII, so that it can stand inside a script element.
std::string html_data(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
