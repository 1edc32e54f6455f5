// Full attention in double precision: what any cheaper attention stands in for.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/query_row.h"

namespace attnbench::measure {

/// The number of keys that full attention shows to a query: the first so many of kv_len. 0 if the
/// query stands before the first key, which takes causal and q_len > kv_len.
int64_t full_keys(const Problem& problem, int64_t query);

/// A query with all keys that full attention shows to it. The row points into both arguments.
QueryRow full_row(const Problem& problem, const Inputs& inputs, int64_t batch, int64_t head,
                  int64_t query);

/// The oracle's weights of such a row: [full_keys], which sum to 1. Starts no threads, so that
/// callers can compute many rows at once.
std::vector<double> full_weights(const Problem& problem, const Inputs& inputs, int64_t batch,
                                 int64_t head, int64_t query);

}  // namespace attnbench::measure
