// Judges by a call with known sums whether gradients are summed over all pairs of query and key,
// each pair once.
#pragma once

#include <cstdint>

#include "measure/check_gradients.h"
#include "measure/inputs.h"

namespace attnbench::measure {

/// Whether check_pairs can judge: not under ALiBi, under which weights are not equal.
bool can_count_pairs(const Variant& variant, const Problem& problem);

/// Fills inputs and d_out for check_pairs. q and k are +-1, but q is 0 in odd dimensions and k in
/// even ones, so that all scores are 0 and all weights of a query 1 / keys. v is +-1 in dimension 0
/// and else 0. d_out is +-keys, so that one pair of query and key is worth about 1.
void fill_for_pairs(const Exact& variant, const Call& call, const InputSet::Writable& inputs,
                    const Tensor<float>& d_out, uint64_t seed);

/// Judges every element of d_q, d_k and d_v after a backward call on inputs by fill_for_pairs. They
/// are sums of numbers of about +-1 (d_q and d_k times the scale), known from the variant's keys at
/// the cost of reading each span once. So a query or a key that is left out, counted twice or taken
/// for another shows at every length; check_gradients could miss it, as it looks at few rows. The
/// verdict's rows_counted are the queries, all of them.
Verdict check_pairs(const BackwardCall& done);

}  // namespace attnbench::measure
