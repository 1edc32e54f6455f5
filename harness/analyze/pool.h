// Judges many cases as one: whether a run, or all cases of a variant, became slower as a whole.
#pragma once

#include <vector>

#include "analyze/compare.h"
#include "analyze/sides.h"
#include "record/record.h"

namespace attnbench::analyze {

/// A pool of fewer cases than this finds no more than the cases themselves do.
inline constexpr int kSmallestPool = 3;

/// Makes a pool of all timed cases and, if there are several variants, one per variant; no pool has
/// fewer than kSmallestPool cases. `cases` are those that compare() matched.
///
/// The number of rounds limits how small the p-value of a rank test can be. After a correction for
/// many cases, no case may be significant, however large the difference. A pool is one test: each
/// case's time is divided by that case's median over all runs, the median over the cases gives one
/// number per round, and the rounds of BASE are compared with those of NEW, as a case's samples
/// are, and round by round if the runs are interleaved: see two_samples.h and verdict.h. The cases
/// of a round may disturb each other's times; only the rounds are taken as independent, and if a
/// side has several runs, only the runs.
///
/// Holm's correction is over the pools. A slowdown of less than half of its cases does not show in
/// a pool.
std::vector<Pool> judge_pools(const Side& base, const Side& fresh,
                              const std::vector<CaseDifference>& cases,
                              const CompareOptions& options);

}  // namespace attnbench::analyze
