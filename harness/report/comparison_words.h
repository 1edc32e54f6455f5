// What a comparison of two runs says, the same in every format.
#pragma once

#include <string>
#include <vector>

#include "report/comparison.h"

namespace attnbench::report {

/// "same", "less", "more".
const char* change_name(analyze::Quantity::Change change);

/// "all 5 cases of full"; of the whole run "all 15 cases".
std::string pool_name(const analyze::Pool& pool);

/// "heap peak 1 MiB -> 2 MiB (more)".
std::string quantity_words(const analyze::Quantity& q);

/// All quantities that changed, in the same form; empty where nothing changed.
std::string changes_words(const analyze::CaseDifference& d);

/// "only in BASE: full, ...": a line each. Printable, as all of these are.
std::vector<std::string> missing_lines(const CompareView& view);

/// What differs between the runs besides times: "differs: governor: 'performance' in BASE, ...".
std::vector<std::string> difference_lines(const CompareView& view);

/// The cases of the whole run together, and variants that became slower or faster as a whole.
std::vector<std::string> pool_lines(const CompareView& view);

/// Counts of verdicts, pools, and what a verdict needs.
std::vector<std::string> verdict_lines(const CompareView& view);

/// Each case that got worse, and how; at most 20 of them.
std::vector<std::string> regression_lines(const CompareView& view);

/// Missing cases, what is not comparable, what differs, counts of verdicts, what a verdict needs,
/// and the conclusion last.
std::vector<std::string> summary_lines(const CompareView& view);

}  // namespace attnbench::report
