// What float32 itself does to one row: the definition evaluated in float, as plain loops do it.
#pragma once

#include <vector>

#include "measure/oracle.h"

namespace attnbench::measure {

/// How many spreads an error of a right kernel may be. Plain loops are at 1.3 of them at most.
inline constexpr double kSpreads = 8;

/// The sharp bound of each element of a row, never above the oracle's own: kSpreads times its
/// spread, or times as much more as the plain loops of float32 stray, for they correlate where the
/// inputs do (all keys equal); and 16 units in the last place of the result, and one or two of what
/// is summed up. An estimate from the data, not a proof: right kernels were never seen above
/// half of it.
std::vector<double> sharp_bound(const QueryRow& row, const OracleRow& oracle);

}  // namespace attnbench::measure
