// Judges many cases as one: whether a run, or all cases of a variant, became slower as a whole.
#pragma once

#include <vector>

#include "analyze/compare.h"
#include "record/record.h"

namespace attnbench::analyze {

/// A pool of fewer cases than this finds no more than the cases themselves do.
inline constexpr int kSmallestPool = 3;

/// Whole runs of one program may drift apart by this factor without a sign of it in either run. Six
/// runs of three variants within three minutes on a quiet virtual machine of two cores lay up to
/// 1.05x apart, one variant up to 1.07x, while the rounds of each run agreed to 1 %.
inline constexpr double kRunDrift = 1.10;

/// Makes a pool of all timed cases and, if there are several variants, one per variant; no pool has
/// fewer than kSmallestPool cases. `cases` are those that compare() matched.
///
/// The number of rounds limits how small the p-value of a rank test can be. After a correction for
/// many cases, no case may be significant, however large the difference. A pool is one test: each
/// case's time is divided by that case's median over both runs, the median over the cases gives one
/// number per round, and the rounds of BASE are compared with those of NEW. The cases of a round
/// may disturb each other's times; only the rounds are taken as independent.
///
/// A pool is slower or faster if Mann and Whitney's test, corrected by Holm over the pools, is
/// significant at kHalfOfFalseAlarms, and the whole interval of its ratio lies beyond
/// `noise_floor`, since a machine may drift by less between two runs. It is the same if the
/// interval lies within. A slowdown of less than half of its cases does not show in a pool.
std::vector<Pool> judge_pools(const record::Run& base, const record::Run& fresh,
                              const std::vector<CaseDifference>& cases,
                              const CompareOptions& options);

}  // namespace attnbench::analyze
