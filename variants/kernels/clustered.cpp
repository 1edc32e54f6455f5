// Attends with the centroids of clusters of queries, and with queries over their clusters' top
// keys.
#include "kernels/clustered.h"

#include <cmath>

#include "kernels/clustered_parts.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Queries that are summed up before their sum is added to a centroid.
constexpr int64_t kShortSum = 64;

/// The mean of a cluster's queries. `some` holds head_dim floats.
void mean_of(const Clusters& c, const float* q, const int32_t* queries, int64_t count, float* some,
             float* mean) {
  const int64_t dim = c.p.head_dim;
  std::fill_n(mean, dim, 0.0f);
  for (int64_t first = 0; first < count; first += kShortSum) {
    std::fill_n(some, dim, 0.0f);
    for (int64_t i = first; i < std::min(first + kShortSum, count); ++i)
      add_scaled(1, q + queries[i] * dim, dim, some);
    add_scaled(1, some, dim, mean);
  }
  const float inverse = count == 0 ? 0 : 1 / static_cast<float>(count);
  for (int64_t d = 0; d < dim; ++d) mean[d] *= inverse;
}

/// For some centroids of a head: their means, their scores for all keys, and their top keys. Leaves
/// the scores at `scores`, rows `pitch` floats apart.
void score(const Clusters& c, const Inputs& in, const Heads& heads, const ClusterScratch& scratch,
           int64_t head, int64_t first, int64_t count, float* scores, int thread) {
  const int64_t pitch = ClusterScratch::pitch(c);
  const Problem& p = c.p;
  const float* const q = in.q.data + (heads.first + head) * p.q_len * p.head_dim;
  const float* const k = in.k.data + (heads.first + head) / c.group * p.kv_len * p.head_dim;
  const int32_t* const starts = scratch.starts + head * (c.clusters + 1) + first;
  float* const means = scratch.means + (head * c.clusters + first) * p.head_dim;
  for (int64_t i = 0; i < count; ++i)
    mean_of(c, q, scratch.order + head * p.q_len + starts[i], starts[i + 1] - starts[i],
            scratch.threads + thread * scratch.thread, means + i * p.head_dim);
  multiply_keys(means, count, k, p.kv_len, p.head_dim, scores, pitch);
  for (int64_t i = 0; i < count && c.top > 0; ++i) {
    BestKeys best(c.top, scratch.candidates + thread * scratch.list_ints);
    for (int64_t key = 0; key < p.kv_len; key += BestKeys::kMostAdded)
      best.add(key, scores + i * pitch + key, std::min(BestKeys::kMostAdded, p.kv_len - key));
    best.finish();
    int32_t* const to = scratch.top_keys + (head * c.clusters + first + i) * c.top;
    std::fill(std::copy_n(best.keys(), best.size(), to), to + c.top, -1);
  }
}

/// Calls body(head, first centroid, centroids, scores, thread) for some centroids at a time.
template <class Body>
void for_some_centroids(const Clusters& c, const Heads& heads, const ClusterScratch& scratch,
                        const Body& body) {
  const int64_t some = ClusterScratch::centroids_at_once(c), parts = divide_up(c.clusters, some);
  for_each_task(c.call.threads, heads.count * parts, [&](int64_t task, int thread) {
    const int64_t first = task % parts * some;
    body(task / parts, first, std::min(some, c.clusters - first),
         scratch.scores + thread * some * ClusterScratch::pitch(c), thread);
  });
}

/// Attends with some centroids over all keys but their top ones.
void attend_rest(const Clusters& c, const Inputs& in, const ClusterScratch& scratch, int64_t head,
                 int64_t first, int64_t count, float* weights) {
  const int64_t pitch = ClusterScratch::pitch(c);
  const Problem& p = c.p;
  const Modifiers modifiers = modifiers_of(p);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t place = head * c.clusters + first + i;
    float* const its = weights + i * pitch;
    const float inverse = 1 / weigh_row(modifiers, 0, 0, p.kv_len, its).sum;
    for (int64_t j = 0; j < p.kv_len; ++j) its[j] *= inverse;
    float top = 0;
    for (int64_t begin = 0; begin < c.top; begin += kShortSum) {
      float some = 0;
      for (int64_t t = begin; t < std::min(begin + kShortSum, c.top); ++t)
        if (const int32_t key = scratch.top_keys[place * c.top + t]; key >= 0) {
          some += its[key];
          its[key] = 0;
        }
      top += some;
    }
    scratch.top_mass[place] = top;
  }
  multiply_values(weights, pitch, count, in.v.data + head / c.group * p.kv_len * p.head_dim,
                  p.kv_len, p.head_dim, scratch.rest + (head * c.clusters + first) * p.head_dim);
}

/// Attends with the queries of a cluster, from number `begin` to `end` in the order, over its top
/// keys, and adds what the centroid has of the others.
void attend_top(const Clusters& c, const Inputs& in, const Tensor<float>& out,
                const ClusterScratch& scratch, int64_t head, int64_t cluster, int64_t begin,
                int64_t end, float* floats) {
  const Problem& p = c.p;
  const int64_t key_head = head / c.group, place = head * c.clusters + cluster;
  const OnlineRows online{out.data + head * p.q_len * p.head_dim,
                          scratch.references + head * p.q_len, scratch.sums + head * p.q_len};
  const int32_t* const queries = scratch.order + head * p.q_len;
  for (int64_t i = begin; i < end; ++i) {
    std::fill_n(online.out + queries[i] * p.head_dim, p.head_dim, 0.0f);
    online.references[queries[i]] = -INFINITY;
    online.sums[queries[i]] = 0;
  }
  int64_t keys = c.top;
  const int32_t* const top_keys = scratch.top_keys + place * c.top;
  while (keys > 0 && top_keys[keys - 1] < 0) --keys;
  GatheredRows(p, in.q.data + head * p.q_len * p.head_dim,
               in.k.data + key_head * p.kv_len * p.head_dim,
               in.v.data + key_head * p.kv_len * p.head_dim, online, floats)
      .attend({queries + begin, end - begin, top_keys, keys});
  for (int64_t i = begin; i < end; ++i) {
    float* const row = online.out + queries[i] * p.head_dim;
    const float sum = online.sums[queries[i]];
    const float factor = sum > 0 ? scratch.top_mass[place] / sum : 0;
    const float* const rest = scratch.rest + place * p.head_dim;
    for (int64_t d = 0; d < p.head_dim; ++d) row[d] = factor * row[d] + rest[d];
  }
}

}  // namespace

Count clustered_bytes(const Clusters& c) noexcept {
  Layout layout(nullptr);
  ClusterScratch(c, layout);
  return layout.bytes();
}

Growth clustered_growth(const Clusters& c) noexcept {
  const Problem& p = c.p;
  // Its hash, cluster and place in the order; and its online softmax.
  const Count of_query(sizeof(uint64_t) + 2 * sizeof(int32_t) + 2 * sizeof(float));
  const Count linear =
      count(p.batch, p.heads, p.q_len) * of_query +
      count(c.call.threads, ClusterScratch::centroids_at_once(c), p.kv_len, sizeof(float));
  const auto growing = static_cast<double>(linear.value());
  return {{1, 0, growing / static_cast<double>(p.kv_len), "hashes of queries, scores of keys"},
          {0, 0, static_cast<double>(clustered_bytes(c).value()) - growing,
           "centroids, scratch of threads"}};
}

void attend_clustered(const Clusters& c, const Inputs& in, const Tensor<float>& out,
                      std::byte* memory) noexcept {
  const Problem& p = c.p;
  Layout layout(memory);
  const ClusterScratch scratch(c, layout);
  const Heads heads{0, p.batch * p.heads};
  cluster_queries(c, in, heads, scratch);
  for_some_centroids(c, heads, scratch,
                     [&](int64_t head, int64_t first, int64_t count, float* scores, int thread) {
                       score(c, in, heads, scratch, head, first, count, scores, thread);
                       attend_rest(c, in, scratch, head, first, count, scores);
                     });
  for_each_task(c.call.threads, heads.count * c.clusters, [&](int64_t task, int thread) {
    const int64_t head = task / c.clusters, cluster = task % c.clusters;
    const int32_t* const starts = scratch.starts + head * (c.clusters + 1) + cluster;
    for (int64_t begin = starts[0]; begin < starts[1]; begin += GatheredRows::kMostRows)
      attend_top(c, in, out, scratch, head, cluster, begin,
                 std::min<int64_t>(begin + GatheredRows::kMostRows, starts[1]),
                 scratch.threads + thread * scratch.thread);
  });
}

void decide_clustered(const Clusters& c, const Inputs& in, int64_t batch, int64_t head,
                      int32_t* decisions, std::byte* memory) noexcept {
  Layout layout(memory);
  const ClusterScratch scratch(c, layout);
  const Heads heads{batch * c.p.heads + head, 1};
  cluster_queries(c, in, heads, scratch);
  for_some_centroids(c, heads, scratch,
                     [&](int64_t, int64_t first, int64_t count, float* scores, int thread) {
                       score(c, in, heads, scratch, 0, first, count, scores, thread);
                     });
  for (int64_t i = 0; i < c.p.q_len; ++i) {
    decisions[2 * i] = static_cast<int32_t>(static_cast<uint32_t>(scratch.hashes[i]));
    decisions[2 * i + 1] = static_cast<int32_t>(static_cast<uint32_t>(scratch.hashes[i] >> 32));
  }
  std::copy_n(scratch.of_query, c.p.q_len, decisions + c.first_cluster());
  std::copy_n(scratch.top_keys, c.clusters * c.top, decisions + c.first_top_key());
}

}  // namespace attnbench::kernels
