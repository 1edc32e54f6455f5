// The weights of full attention in double precision: what any cheaper attention stands in for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench::measure {

/// The number of keys that full attention shows to a query: the first so many of kv_len. 0 if the
/// query stands before the first key, which takes causal and q_len > kv_len.
int64_t full_keys(const Problem& problem, int64_t query);

/// Softmax weights of full attention for one query, with the problem's scale, softcap, ALiBi,
/// causal and GQA: [full_keys], which sum to 1. NaN if a key that the query sees holds NaN or a
/// score is infinite. Costs 2 * full_keys * head_dim FLOPs; starts no threads, so that callers can
/// compute many rows at once.
std::vector<double> full_weights(const Problem& problem, const Inputs& inputs, int64_t batch,
                                 int64_t head, int64_t query);

/// The output that weights of the first keys of a head give: [head_dim], sum of weights[j] v_j.
/// Zeros if there are no weights.
std::vector<double> weighted_values(const Problem& problem, const Inputs& inputs, int64_t batch,
                                    int64_t head, std::span<const double> weights);

}  // namespace attnbench::measure
