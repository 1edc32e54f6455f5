// Attention of each query over the keys in its bucket, which locality-sensitive hashes decide.
#pragma once

#include <algorithm>
#include <cstddef>

#include "attnbench/variant.h"
#include "kernels/hash_buckets.h"

namespace attnbench::kernels {

/// How a call is hashed: `rounds` times, into buckets that are cut into chunks of `chunk` keys. The
/// first declared input holds the directions of each key head and round, [head_dim, directions].
struct HashedCall {
  const Call& call;
  const Problem& p;
  int64_t rounds, chunk;
  Hash hash;
  int64_t buckets;
  int64_t group;  ///< Query heads that read one key head.

  HashedCall(const Call& c, int64_t rounds_, int64_t chunk_, const Hash& hash_)
      : call(c),
        p(c.problem),
        rounds(rounds_),
        chunk(std::min(chunk_, p.kv_len)),
        hash(hash_),
        buckets(hash.buckets()),
        group(p.heads / p.kv_heads) {}
};

Count hashed_bytes(const HashedCall& call) noexcept;
/// How that grows with n = q_len = kv_len.
Growth hashed_growth(const HashedCall& call) noexcept;

/// Computes softmax attention of each query over the keys of its bucket: those in the chunk of the
/// bucket's last key that is not behind the query, and in the chunk before; over all rounds, each
/// key once. A query that finds no key attends the one at its own position. The conditions are
/// those of Variant::forward; scratch is hashed_bytes() long.
void attend_hashed(const HashedCall& call, const Inputs& in, const Tensor<float>& out,
                   std::byte* scratch) noexcept;

/// Writes the buckets that attend_hashed() finds for one query head: [rounds, q_len] of its
/// queries, then [rounds, kv_len] of its keys.
void decide_hashed(const HashedCall& call, const Inputs& in, int64_t batch, int64_t head,
                   int32_t* buckets, std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
