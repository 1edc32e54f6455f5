// report.html: one self-contained page, its data within.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// Opens from disk, offline. Names and reasons show as text, whatever they hold.
std::string report_html(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
