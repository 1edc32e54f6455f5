// What a comparison of two runs says, the same in every format.
#pragma once

#include <string>
#include <vector>

#include "report/comparison.h"

namespace attnbench::report {

/// "same", "less", "more".
const char* change_name(analyze::Quantity::Change change);

/// "all 5 cases of full", or "all 15 cases" for the whole run.
std::string pool_name(const analyze::Pool& pool);

/// "heap peak 1 MiB -> 2 MiB (more)".
std::string quantity_words(const analyze::Quantity& q);

/// All quantities that changed, each as `quantity_words` says it; empty if none changed.
std::string changes_words(const analyze::CaseDifference& d);

/// Lines such as "only in BASE: full, ...". These lines and all those below are printable.
std::vector<std::string> missing_lines(const CompareView& view);

/// What differs between the runs apart from times: "differs: governor: 'performance' in BASE, ...".
std::vector<std::string> difference_lines(const CompareView& view);

/// The verdict on all cases of the run together, and each variant whose cases together became
/// slower or faster.
std::vector<std::string> pool_lines(const CompareView& view);

/// Counts of verdicts, pools, and what a verdict needs.
std::vector<std::string> verdict_lines(const CompareView& view);

/// Each case that got worse, and how. At most 20 cases are named.
std::vector<std::string> regression_lines(const CompareView& view);

/// In this order: missing cases, what is not comparable, what differs, counts of verdicts, what a
/// verdict needs, and the conclusion.
std::vector<std::string> summary_lines(const CompareView& view);

}  // namespace attnbench::report
