// report.html: one self-contained page that holds its data.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// The page opens from disk, offline. Names and reasons are escaped, so that they show as text.
std::string report_html(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
