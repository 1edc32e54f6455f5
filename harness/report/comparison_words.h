// What a comparison of two runs says, the same in every format.
#pragma once

#include <string>
#include <vector>

#include "report/comparison.h"

namespace attnbench::report {

/// "same", "less", "more".
const char* change_name(analyze::Quantity::Change change);

/// "heap peak 1 MiB -> 2 MiB (more)".
std::string quantity_words(const analyze::Quantity& q);

/// All quantities that changed, in the same form; empty where nothing changed.
std::string changes_words(const analyze::CaseDifference& d);

/// "only in BASE: full, ...": a line each. Printable, as all of these are.
std::vector<std::string> missing_lines(const CompareView& view);

/// Counts of verdicts, and what a verdict needs.
std::vector<std::string> verdict_lines(const CompareView& view);

/// Each case that got worse, and how; at most 20 of them.
std::vector<std::string> regression_lines(const CompareView& view);

/// Missing cases, what is not comparable, counts of verdicts, and what a verdict needs.
std::vector<std::string> summary_lines(const CompareView& view);

}  // namespace attnbench::report
