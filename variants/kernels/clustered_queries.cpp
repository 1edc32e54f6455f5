// The clusters of queries: hashes, Lloyd's iterations on them, and the order of queries.
#include <bit>

#include "kernels/clustered_parts.h"
#include "kernels/counting_sort.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// hashes: bit b is whether q·plane_b + offset_b is above 0.
void hash(const Clusters& c, const Inputs& in, const Heads& heads, const ClusterScratch& scratch) {
  const int64_t blocks = divide_up(c.p.q_len, kHashedQueries);
  for_each_task(c.call.threads, heads.count * blocks, [&](int64_t task, int thread) {
    const int64_t head = task / blocks, first = task % blocks * kHashedQueries;
    const int64_t rows = std::min(kHashedQueries, c.p.q_len - first);
    float* const products = scratch.threads + thread * scratch.thread;
    multiply_keys(in.q.data + ((heads.first + head) * c.p.q_len + first) * c.p.head_dim, rows,
                  in.extra[0].data, c.bits, c.p.head_dim, products, kMostBits);
    const float* const offsets = in.extra[1].data;
    for (int64_t row = 0; row < rows; ++row) {
      uint64_t bits = 0;
      for (int64_t b = 0; b < c.bits; ++b)
        bits |= uint64_t{products[row * kMostBits + b] + offsets[b] > 0} << b;
      scratch.hashes[head * c.p.q_len + first + row] = bits;
    }
  });
}

/// Gives each query the cluster whose centroid differs from its hash in the fewest bits; of several
/// the first.
void assign(const Clusters& c, const Heads& heads, const ClusterScratch& scratch) {
  const int64_t blocks = divide_up(c.p.q_len, kHashedQueries);
  for_each_task(c.call.threads, heads.count * blocks, [&](int64_t task, int) {
    const int64_t head = task / blocks, first = task % blocks * kHashedQueries;
    const uint64_t* const centroids = scratch.centroids + head * c.clusters;
    for (int64_t i = first; i < std::min(first + kHashedQueries, c.p.q_len); ++i) {
      const uint64_t its = scratch.hashes[head * c.p.q_len + i];
      int64_t best = int64_t{1} << 62;
      for (int64_t k = 0; k < c.clusters; ++k) {
        const int64_t differ = std::popcount(its ^ centroids[k]);
        best = std::min(best, differ << 32 | k);
      }
      scratch.of_query[head * c.p.q_len + i] = static_cast<int32_t>(best);
    }
  });
}

/// Makes each centroid the bits that most hashes of its cluster have.
void move_centroids(const Clusters& c, const Heads& heads, const ClusterScratch& scratch,
                    int64_t iteration) {
  constexpr int64_t kWidth = 1 + kMostBits;
  for_each_task(c.call.threads, heads.count, [&](int64_t head, int) {
    int32_t* const counters = scratch.counters + head * c.clusters * kWidth;
    std::fill_n(counters, c.clusters * kWidth, 0);
    for (int64_t i = 0; i < c.p.q_len; ++i) {
      const uint64_t its = scratch.hashes[head * c.p.q_len + i];
      int32_t* const to = counters + scratch.of_query[head * c.p.q_len + i] * kWidth;
      ++to[0];
      for (int half = 0; half < 2; ++half) {
        const auto bits = static_cast<uint32_t>(its >> (32 * half));
        for (uint32_t b = 0; b < 32; ++b)
          to[1 + 32 * half + static_cast<int>(b)] += static_cast<int32_t>(bits >> b & 1);
      }
    }
    for (int64_t k = 0; k < c.clusters; ++k) {
      const int32_t* const its = counters + k * kWidth;
      uint64_t bits = 0;
      for (int64_t b = 0; b < kMostBits; ++b)
        bits |= uint64_t{2 * int64_t{its[1 + b]} > its[0]} << b;
      scratch.centroids[head * c.clusters + k] = its[0] == 0 ? c.lost(iteration, k) : bits;
    }
  });
}

/// Lloyd's iterations on hashes, begun with those of the first queries.
void cluster(const Clusters& c, const Heads& heads, const ClusterScratch& scratch) {
  for (int64_t head = 0; head < heads.count; ++head)
    std::copy_n(scratch.hashes + head * c.p.q_len, c.clusters,
                scratch.centroids + head * c.clusters);
  assign(c, heads, scratch);
  for (int64_t iteration = 1; iteration < c.iterations; ++iteration) {
    move_centroids(c, heads, scratch, iteration);
    assign(c, heads, scratch);
  }
}

}  // namespace

void cluster_queries(const Clusters& c, const Inputs& in, const Heads& heads,
                     const ClusterScratch& scratch) noexcept {
  hash(c, in, heads, scratch);
  cluster(c, heads, scratch);
  for_each_task(c.call.threads, heads.count, [&](int64_t head, int) {
    sort_by_group(scratch.of_query + head * c.p.q_len, c.p.q_len, c.clusters,
                  scratch.starts + head * (c.clusters + 1), scratch.order + head * c.p.q_len);
  });
}

}  // namespace attnbench::kernels
