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
/// and else 0. d_out is +-keys, so that what a pair adds does not shrink as keys become many.
void fill_for_pairs(const Exact& variant, const Call& call, const InputSet::Writable& inputs,
                    const Tensor<float>& d_out, uint64_t seed);

/// Judges every element of d_q, d_k and d_v after a backward call on inputs by fill_for_pairs. They
/// are sums over pairs, known from the variant's keys at the cost of reading each span once, and
/// may be off by a quarter and by what rounding adds. Let x_j be the value of key j in dimension 0,
/// and m_i the mean of x over the keys of query i. A pair is worth 1 in every element of a row of
/// d_v, and |x_j - m_i| times the scale in every second one of d_q and of d_k: about 1 if the query
/// has many keys.
///
/// So a query or a key that one gradient leaves out, counts twice or takes for another shows,
/// however many there are, up to 2^20 terms of a sum; check_gradients could miss it, as it looks at
/// few rows. In d_q and d_k a pair is not seen if |x_j - m_i| is below a quarter: of a query with
/// one key, or if more than 7 of 8 of its keys have the same x. In d_q, a key taken for another is
/// not seen if both have the same numbers, as some keys have if head_dim is small.
///
/// The verdict's rows_counted are the queries: all, or none if some gradient is not_judged. That is
/// d_q if head_dim is 1, as k is 0 then, and all three if a sum has more terms.
Verdict check_pairs(const BackwardCall& done);

}  // namespace attnbench::measure
