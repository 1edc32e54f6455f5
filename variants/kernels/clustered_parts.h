// What the steps of clustered attention share: the layout of their scratch.
#pragma once

#include <algorithm>

#include "kernels/best_keys.h"
#include "kernels/clustered.h"
#include "kernels/divide.h"
#include "kernels/gathered.h"
#include "kernels/layout.h"

namespace attnbench::kernels {

/// Queries that a thread hashes or assigns at a time.
inline constexpr int64_t kHashedQueries = 256;
inline constexpr int64_t kMostBits = 64;

/// Everything that clustered attention keeps in its workspace. What belongs to query heads is
/// [heads of the call, ...]; deciding for one head takes the first place.
struct ClusterScratch {
  float* threads;       ///< Each has room for its tile, products with planes, or a sum of queries.
  int64_t thread;       ///< Floats of a thread.
  float* scores;        ///< [threads, centroids_at_once, pitch]
  int32_t* candidates;  ///< [threads, list_ints]
  int64_t list_ints;
  uint64_t* hashes;     ///< [heads, q_len]
  uint64_t* centroids;  ///< [heads, clusters]: of hashes.
  int32_t* counters;    ///< [heads, clusters, 1 + kMostBits]: queries, and how many have each bit.
  int32_t* of_query;    ///< [heads, q_len]: its cluster.
  int32_t* order;       ///< [heads, q_len]: queries by cluster.
  int32_t* starts;      ///< [heads, clusters + 1]: where in that order each cluster begins.
  float* means;         ///< [heads, clusters, head_dim]: of the queries of each cluster.
  float* rest;      ///< [heads, clusters, head_dim]: weighted values of all keys but the top ones.
  float* top_mass;  ///< [heads, clusters]: the weights of the top keys.
  int32_t* top_keys;  ///< [heads, clusters, top]
  float *references, *sums;

  static int64_t centroids_at_once(const Clusters& c) {
    constexpr int64_t kFewTasks = 16;
    return std::clamp<int64_t>(divide_up(c.clusters * c.p.batch * c.p.heads, kFewTasks), 8, 64);
  }
  static int64_t fixed_floats(const Clusters& c) {
    return round_up(
        std::max(GatheredRows::floats(c.p.head_dim), kHashedQueries * kMostBits) + c.p.head_dim,
        16);
  }
  static int64_t pitch(const Clusters& c) { return round_up(c.p.kv_len, 16); }

  ClusterScratch(const Clusters& c, Layout& layout)
      : thread(fixed_floats(c)), list_ints(BestKeys::ints(std::max<int64_t>(c.top, 1))) {
    const Problem& p = c.p;
    const Count heads = count(p.batch, p.heads), queries = heads * count(p.q_len);
    const Count clusters = heads * count(c.clusters);
    layout.take(threads, count(c.call.threads, thread));
    layout.take(scores, count(c.call.threads, centroids_at_once(c), pitch(c)));
    layout.take(candidates, count(c.call.threads, list_ints));
    layout.take(hashes, queries);
    layout.take(centroids, clusters);
    layout.take(counters, clusters * count(1 + kMostBits));
    layout.take(of_query, queries);
    layout.take(order, queries);
    layout.take(starts, heads * count(c.clusters + 1));
    layout.take(means, clusters * count(p.head_dim));
    layout.take(rest, clusters * count(p.head_dim));
    layout.take(top_mass, clusters);
    layout.take(top_keys, clusters * count(c.top));
    layout.take(references, queries);
    layout.take(sums, queries);
  }
};

/// Some query heads: `count` of them, from number `first` among those of the call on. Head h of
/// them has place h in the scratch.
struct Heads {
  int64_t first, count;
};

// clustered_queries.cpp
/// Hashes the queries, clusters them and sorts them by cluster.
void cluster_queries(const Clusters& clusters, const Inputs& in, const Heads& heads,
                     const ClusterScratch& scratch) noexcept;

}  // namespace attnbench::kernels
