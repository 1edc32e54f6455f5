// Attention of the queries that a centroid takes over the keys that it takes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "attnbench/variant.h"
#include "kernels/divide.h"

namespace attnbench::kernels {

/// How a call is routed: each of some centroids takes as many queries and as many keys. The first
/// declared input holds the centroids of each key head, [kv_heads, clusters, head_dim].
struct Routes {
  const Call& call;
  const Problem& p;
  int64_t group;  ///< Query heads that read one key head.
  int64_t clusters;
  int64_t queries, keys;  ///< That a centroid takes.

  /// If `wanted` is 0, there are as many clusters as the root of the longer length.
  Routes(const Call& c, int64_t wanted) : call(c), p(c.problem), group(p.heads / p.kv_heads) {
    const int64_t n = std::max(p.q_len, p.kv_len);
    clusters = wanted == 0 ? std::llround(std::sqrt(static_cast<double>(n))) : std::min(wanted, n);
    queries = divide_up(p.q_len, clusters);
    keys = divide_up(p.kv_len, clusters);
  }
};

/// Added to a row's variance when it is normalised.
inline constexpr double kVarianceEpsilon = 1e-6;

Count routed_bytes(const Routes& routes) noexcept;
/// How that grows with n = q_len = kv_len.
Growth routed_growth(const Routes& routes) noexcept;

/// Computes softmax attention of each query over the keys of each centroid that takes it, and the
/// mean of these. A centroid takes the rows with the highest products with it, once they are
/// normalised to mean 0 and variance 1. The conditions are those of Variant::forward; scratch is
/// routed_bytes() long.
void attend_routed(const Routes& routes, const Inputs& in, const Tensor<float>& out,
                   std::byte* scratch) noexcept;

/// Writes which rows attend_routed() lets the centroids take, for one query head: [clusters,
/// queries], then [clusters, keys]. The rows of a centroid ascend.
void decide_routed(const Routes& routes, const Inputs& in, int64_t batch, int64_t head,
                   int32_t* decisions, std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
