// "What is lost": for each length, times beside distances from full attention.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// The section of report.md with a table for each group, the fastest case of each length first; why
/// other series have no distance. Empty if nothing is lost.
std::string loss_tables_md(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
