// How a run was measured and how its numbers are to be read, the same in every report.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// "Machine: Some CPU, 2 cores, ...": machine, build, conditions, ceilings, settings.
std::vector<std::string> method_lines(const record::Run& run, const analyze::Analysis& analysis);

/// The rules behind the numbers, in the words of the constants that set them.
std::vector<std::string> reading_lines();

}  // namespace attnbench::report
