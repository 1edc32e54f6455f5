// Attention of clusters of queries, each of which shares its centroid's weights, except for a few
// keys that its queries weigh themselves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/draw.h"

namespace attnbench::kernels {

/// How a call is clustered. The declared inputs hold the planes, [bits, head_dim], and their
/// offsets, [bits].
struct Clusters {
  const Call& call;
  const Problem& p;
  int64_t group;  ///< Query heads that read one key head.
  int64_t clusters, top, bits, iterations, seed;

  Clusters(const Call& c, int64_t clusters_, int64_t top_, int64_t bits_, int64_t iterations_,
           int64_t seed_)
      : call(c),
        p(c.problem),
        group(p.heads / p.kv_heads),
        clusters(std::min(clusters_, p.q_len)),
        top(std::min(top_, p.kv_len)),
        bits(bits_),
        iterations(iterations_),
        seed(seed_) {}

  /// The decisions of a query head: two integers for the bits of each query, lowest first; each
  /// query's cluster; and of each cluster its top keys, ascending.
  int64_t first_cluster() const { return 2 * p.q_len; }
  int64_t first_top_key() const { return 3 * p.q_len; }
  Count decisions() const { return count(3, p.q_len) + count(clusters, top); }

  /// The centroid of a cluster that has lost all queries: random bits.
  uint64_t lost(int64_t iteration, int64_t cluster) const {
    const Draws draws(seed, iteration * clusters + cluster);
    const auto half = [&](int64_t index) {
      return static_cast<uint64_t>(draws.below(int64_t{1} << 32, index));
    };
    return (half(0) | half(1) << 32) & (~uint64_t{0} >> (64 - bits));
  }
};

Count clustered_bytes(const Clusters& clusters) noexcept;
/// How that grows with n = q_len = kv_len.
Growth clustered_growth(const Clusters& clusters) noexcept;

/// Computes clustered attention; see selective/clustered.cpp. The conditions are those of
/// Variant::forward; scratch is clustered_bytes() long.
void attend_clustered(const Clusters& clusters, const Inputs& in, const Tensor<float>& out,
                      std::byte* scratch) noexcept;

/// Writes the decisions that attend_clustered() makes for one query head.
void decide_clustered(const Clusters& clusters, const Inputs& in, int64_t batch, int64_t head,
                      int32_t* decisions, std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
