// How a run was measured and how to read its numbers, in the same words in every report.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// Lines on machine, build, conditions, ceilings and settings: "Machine: Some CPU, 2 cores, ...".
std::vector<std::string> method_lines(const record::Run& run, const analyze::Analysis& analysis);

/// The rules behind the numbers, with the values of the constants that set the rules.
std::vector<std::string> reading_lines();

}  // namespace attnbench::report
