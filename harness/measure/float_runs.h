// How far float32 itself strays on one row, if plain loops evaluate the definition.
#pragma once

#include <vector>

#include "measure/oracle.h"

namespace attnbench::measure {

/// How many spreads a right kernel may be off. Plain loops are off by 1.3 at most.
inline constexpr double kSpreads = 8;

/// The sharp bound of each element of a row, never above the oracle's: kSpreads times its spread,
/// times the worst error of plain float32 loops in spreads if that is above 1 (roundings correlate
/// if inputs do, as when all keys are equal), plus 16 units in the last place of the result, and
/// one or two of what is summed up. It is an estimate from the data, not a proof: right kernels
/// were never seen above half of it.
std::vector<double> sharp_bound(const QueryRow& row, const OracleRow& oracle);

}  // namespace attnbench::measure
