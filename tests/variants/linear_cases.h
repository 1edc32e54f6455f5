// What tests of linear attention share: problems that try its kernels, and the recurrence.
#pragma once

#include "inexact.h"

namespace attnbench {

/// Queries fewer and more than keys; groups of heads; segments of keys, blocks and chunks that are
/// not whole; dims around vectors; few rows, which are weighed pair by pair.
inline constexpr Problem kLinearProblems[] = {
    {1, 2, 1, 70, 70, 16},    {2, 2, 2, 33, 150, 40},   {1, 4, 2, 3, 300, 64},
    {1, 1, 1, 90, 40, 33},    {1, 1, 1, 5, 1, 1},       {1, 2, 1, 300, 1100, 8},
    {1, 1, 1, 140, 140, 130}, {2, 1, 1, 100, 2100, 24}, {1, 1, 1, 64, 64, 80},
};

/// Equations 16 to 20 of Katharopoulos et al. 2020, one key after another, given the features of
/// the queries and of the keys of a head: s += phi(k) v^T, z += phi(k), and if a query stands there
/// y = phi(q)^T s / divisor(phi(q)^T z). Without causal all queries stand at the last key.
template <class Divisor>
Rows64 recurrence(const Problem& p, const Rows64& q, const Rows64& k, const Rows64& v,
                  const Divisor& divisor) {
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  Eigen::MatrixXd s = Eigen::MatrixXd::Zero(q.cols(), p.head_dim);
  Eigen::VectorXd z = Eigen::VectorXd::Zero(q.cols());
  for (int64_t j = 0; j < p.kv_len; ++j) {
    s += k.row(j).transpose() * v.row(j);
    z += k.row(j).transpose();
    const bool last = j + 1 == p.kv_len;
    for (int64_t i = 0; i < p.q_len; ++i)
      if (p.causal ? aligned_position(p, i) == j : last)
        out.row(i) = q.row(i) * s / divisor(q.row(i).dot(z));
  }
  return out;
}

/// Calls check(problem) for each problem, causal and not.
template <class Check>
void for_each_linear_problem(const Check& check) {
  for (Problem p : kLinearProblems)
    for (const bool causal : {false, true}) {
      p.causal = causal;
      CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, p.causal);
      check(p);
    }
}

}  // namespace attnbench
