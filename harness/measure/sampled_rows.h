// Which rows of an output are judged if there is no time for all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench::measure {

/// Queries in a stretch. If `most` allows a row for each stretch, any 64 neighbours include one.
inline constexpr int64_t kRowStretch = 32;

/// `most` distinct rows (all, if there are no more than that), ascending, numbered (batch * heads +
/// head) * q_len + query. The first and the last are always among them. The others are spread
/// evenly over the queries, and over the heads of each stretch of queries: a third of them are at a
/// stretch's first query, a third at its last (where tiles begin and end), the rest anywhere.
std::vector<int64_t> sample_rows(const Problem& problem, int64_t most, uint64_t seed);

}  // namespace attnbench::measure
