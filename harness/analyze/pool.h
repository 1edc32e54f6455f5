// Many cases judged as one: whether a run, or all cases of a variant, became slower as a whole.
#pragma once

#include <vector>

#include "analyze/compare.h"
#include "record/record.h"

namespace attnbench::analyze {

/// With fewer cases than this a pool sees no more than the cases do.
inline constexpr int kSmallestPool = 3;

/// What runs of one program drift apart by as a whole, with no sign of it in either: six runs of
/// three variants within three minutes on a quiet virtual machine of two cores lay up to 1.05x
/// apart, one variant up to 1.07x, while the rounds of each run agreed to 1 %.
inline constexpr double kRunDrift = 1.10;

/// A pool of all timed cases, and one of each variant's where there are several variants; none of
/// fewer than kSmallestPool cases. `cases` are those that compare() matched.
///
/// The smallest p-value that a rank test can give is set by the rounds, so that a correction for
/// many cases leaves no case significant, however large the difference. A pool is one test: the
/// cases of a round are brought down to one number, the median over them of time over the case's
/// own median of both runs, and the rounds of BASE are held against those of NEW. Cases of a round
/// may well disturb each other's times; only the rounds are taken as independent.
///
/// A pool is slower or faster where Mann and Whitney's test, corrected by Holm over the pools,
/// finds it at kHalfOfFalseAlarms, and the whole interval of its ratio lies beyond `noise_floor`:
/// less than that is what a machine drifts by between two runs. The same if it lies within. It says
/// nothing of less than half of its cases.
std::vector<Pool> judge_pools(const record::Run& base, const record::Run& fresh,
                              const std::vector<CaseDifference>& cases, double noise_floor);

}  // namespace attnbench::analyze
