// Rows of an output: where they stand, and which are judged if there is no time for all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench::measure {

/// Where a row of an output stands.
struct RowPlace {
  int64_t batch = 0, head = 0, query = 0;
};

/// The place of row (batch * heads + head) * q_len + query.
constexpr RowPlace place_of(int64_t row, int64_t heads, int64_t q_len) {
  return {row / q_len / heads, row / q_len % heads, row % q_len};
}
constexpr RowPlace place_of(const Problem& p, int64_t row) {
  return place_of(row, p.heads, p.q_len);
}

/// Queries in a stretch. If `most` allows a row for each stretch, any 64 neighbours include one.
inline constexpr int64_t kRowStretch = 32;

/// Of the `len` rows of each of `heads` heads (of all batches), `most` distinct ones (all, if there
/// are no more than that), ascending, numbered head * len + query. The first and the last are
/// always among them. The others are spread evenly over the queries, and over the heads of each
/// stretch of queries: a third of them are at a stretch's first query, a third at its last (where
/// tiles begin and end), the rest anywhere.
std::vector<int64_t> sample_rows(int64_t heads, int64_t len, int64_t most, uint64_t seed);

}  // namespace attnbench::measure
