// What a comparison says, the same in every format.
#pragma once

#include <string>
#include <vector>

#include "report/comparison.h"

namespace attnbench::report {

/// "same", "less", "more".
const char* change_name(analyze::Quantity::Change change);

/// "all 5 cases of full", or "all 15 cases" for the whole run.
std::string pool_name(const analyze::Pool& pool);

/// "heap peak 1 MiB → 2 MiB (more)".
std::string quantity_words(const analyze::Quantity& q);

/// "block_k 96 → 8": the defaults of a case's variant that changed; empty if none did.
std::string defaults_words(const analyze::CaseDifference& d);

/// All quantities that changed, each as `quantity_words` says it; empty if none changed.
std::string changes_words(const analyze::CaseDifference& d);

/// Lines such as "only in BASE: full, ...". These lines and all those below are printable.
std::vector<std::string> missing_lines(const CompareView& view);

/// What differs between the runs apart from times: "differs: governor: 'performance' in BASE, ...".
std::vector<std::string> difference_lines(const CompareView& view);

/// The verdict on all cases of the run together, and each variant whose cases together became
/// slower or faster.
std::vector<std::string> pool_lines(const CompareView& view);

/// Params that changed: "param of blocked changed: block_k 96 → 8 (12 cases)".
std::vector<std::string> default_lines(const CompareView& view);

/// Why cases have no verdict, with the number of cases.
std::vector<std::string> doubt_lines(const CompareView& view);

/// Counts of verdicts, pools, and why cases have no verdict.
std::vector<std::string> verdict_lines(const CompareView& view);

/// How to read the verdicts; and what a single pair of runs cannot exclude, as the last line.
std::vector<std::string> method_lines(const CompareView& view);

/// Each case that got worse, and how. At most 20 cases are named.
std::vector<std::string> regression_lines(const CompareView& view);

/// All that follows the conclusion and the table: counts of verdicts, missing cases, what is not
/// comparable, what differs, and how to read it.
std::vector<std::string> summary_lines(const CompareView& view);

}  // namespace attnbench::report
