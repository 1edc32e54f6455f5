// Finds the rows that centroids take, attends within each cluster, and adds up what queries get.
#include "kernels/routed.h"

#include <numeric>

#include "kernels/best_keys.h"
#include "kernels/gathered.h"
#include "kernels/layout.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Rows that a thread normalises at a time.
constexpr int64_t kSome = 256;
/// The most and the fewest centroids that a thread finds rows for at a time.
constexpr int64_t kMostCentroids = 96, kFewestCentroids = 8;
/// About as many ints the lists of their best rows may take.
constexpr int64_t kListInts = 196608;

/// A list of rows has -1 behind its last row, if some rows have no score because of NaN.
int64_t length_of(const int32_t* list, int64_t room) {
  while (room > 0 && list[room - 1] < 0) --room;
  return room;
}

/// Rows of some heads, `heads` of them from number `first` on, each of which reads the centroids of
/// key head number / group.
struct Routed {
  const float* x;
  int64_t rows, wanted, first, heads, group;
  float* inverses;  ///< [heads, rows]: 1 / sqrt(var(x) + 1e-6).
  int32_t* lists;   ///< [heads, clusters, wanted]: the rows that each centroid takes.
};

/// Everything that a call keeps in its workspace.
struct Scratch {
  float* threads;       ///< Each has room for its tile, or for the scores of a block of rows.
  int64_t thread;       ///< Floats of a thread.
  int32_t* candidates;  ///< Each thread has lists of list_ints.
  int64_t list_ints;
  float* centred;  ///< [kv_heads, clusters, head_dim]: centroids without their means.
  float *query_inverses, *key_inverses;
  int32_t *query_lists, *key_lists;
  float* outs;      ///< [batch, heads, clusters, queries, head_dim]
  int32_t* starts;  ///< [batch, heads, q_len + 1]: where in `places` each query's begin.
  int32_t* places;  ///< [batch, heads, clusters * queries]: rows of outs.

  /// Centroids of a task, by the shape alone: if heads are few, tasks are smaller.
  static int64_t centroids_at_once(const Routes& r, int64_t list_ints) {
    constexpr int64_t kFewTasks = 16;
    const int64_t most =
        std::clamp<int64_t>(kListInts / list_ints, kFewestCentroids, kMostCentroids);
    return std::clamp(divide_up(r.clusters * r.p.batch * r.p.kv_heads, kFewTasks), kFewestCentroids,
                      most);
  }
  static int64_t ints_of_thread(const Routes& r) {
    return std::max(kListInts, kFewestCentroids * BestKeys::ints(std::max(r.queries, r.keys)));
  }
  static int64_t floats_of_thread(const Routes& r) {
    return std::max(GatheredRows::floats(r.p.head_dim), kMostCentroids * BestKeys::kMostAdded);
  }

  Scratch(const Routes& r, Layout& layout)
      : thread(floats_of_thread(r)), list_ints(BestKeys::ints(std::max(r.queries, r.keys))) {
    const Problem& p = r.p;
    const Count heads = count(p.batch, p.heads), key_heads = count(p.batch, p.kv_heads);
    layout.take(threads, count(r.call.threads, thread));
    layout.take(candidates, count(r.call.threads, ints_of_thread(r)));
    layout.take(centred, count(p.kv_heads, r.clusters, p.head_dim));
    layout.take(query_inverses, heads * count(p.q_len));
    layout.take(key_inverses, key_heads * count(p.kv_len));
    // Room for clusters * queries, and clusters * keys: such products may fall as a length grows.
    const Count queries = heads * count(p.q_len + r.clusters);
    layout.take(query_lists, queries);
    layout.take(key_lists, key_heads * count(p.kv_len + r.clusters));
    layout.take(outs, queries * count(p.head_dim));
    layout.take(starts, heads * count(p.q_len + 1));
    layout.take(places, queries);
  }
};

/// 1 / sqrt(var(x) + 1e-6).
float inverse_deviation(const float* x, int64_t n) {
  /// The sum over i of term(d, x[i]), with whole vectors and single floats for d.
  const auto sum_of = [&](const auto& term) {
    const Lanes wide;
    auto sum = hn::Zero(wide);
    float rest = 0;
    for_each_vector(n, [&](auto d, int64_t i) {
      const auto value = term(d, hn::LoadU(d, x + i));
      if constexpr (hn::MaxLanes(d) == 1)
        rest += hn::GetLane(value);
      else
        sum = hn::Add(sum, value);
    });
    return hn::GetLane(hn::SumOfLanes(wide, sum)) + rest;
  };
  const auto count = static_cast<float>(n);
  const float mean = sum_of([](auto, auto value) { return value; }) / count;
  const float squares = sum_of([mean](auto d, auto value) {
    const auto centred = hn::Sub(value, hn::Set(d, mean));
    return hn::Mul(centred, centred);
  });
  return 1 / std::sqrt(squares / count + static_cast<float>(kVarianceEpsilon));
}

/// Writes the rows that each centroid takes of some heads' rows.
void route(const Routes& r, const Scratch& scratch, const Routed& routed) {
  const int64_t dim = r.p.head_dim;
  const int64_t blocks = divide_up(routed.rows, kSome);
  for_each_task(r.call.threads, routed.heads * blocks, [&](int64_t task, int) {
    const int64_t head = task / blocks, first = task % blocks * kSome;
    for (int64_t i = first; i < std::min(first + kSome, routed.rows); ++i)
      routed.inverses[head * routed.rows + i] =
          inverse_deviation(routed.x + (head * routed.rows + i) * dim, dim);
  });
  const int64_t some = Scratch::centroids_at_once(r, scratch.list_ints);
  const int64_t parts = divide_up(r.clusters, some);
  for_each_task(r.call.threads, routed.heads * parts, [&](int64_t task, int thread) {
    const int64_t head = task / parts, first = task % parts * some;
    const int64_t centroids = std::min(some, r.clusters - first);
    const int64_t key_head = (routed.first + head) / routed.group % r.p.kv_heads;
    float* const scores = scratch.threads + thread * scratch.thread;
    int32_t* const candidates = scratch.candidates + thread * Scratch::ints_of_thread(r);
    BestKeys best[kMostCentroids];
    for (int64_t c = 0; c < centroids; ++c)
      best[c] = BestKeys(routed.wanted, candidates + c * scratch.list_ints);
    for (int64_t row = 0; row < routed.rows; row += BestKeys::kMostAdded) {
      const int64_t rows = std::min(BestKeys::kMostAdded, routed.rows - row);
      multiply_keys(scratch.centred + (key_head * r.clusters + first) * dim, centroids,
                    routed.x + (head * routed.rows + row) * dim, rows, dim, scores,
                    BestKeys::kMostAdded);
      const float* const inverses = routed.inverses + head * routed.rows + row;
      for (int64_t c = 0; c < centroids; ++c) {
        float* const its = scores + c * BestKeys::kMostAdded;
        for (int64_t i = 0; i < rows; ++i) its[i] *= inverses[i];
        best[c].add(row, its, rows);
      }
    }
    for (int64_t c = 0; c < centroids; ++c) {
      best[c].finish();
      int32_t* const to = routed.lists + (head * r.clusters + first + c) * routed.wanted;
      std::fill(std::copy_n(best[c].keys(), best[c].size(), to), to + routed.wanted, -1);
    }
  });
}

/// Takes its mean from each centroid.
void centre(const Routes& r, const Inputs& in, const Scratch& scratch) {
  const int64_t dim = r.p.head_dim;
  for_each_task(r.call.threads, r.p.kv_heads * r.clusters, [&](int64_t task, int) {
    const float* const from = in.extra[0].data + task * dim;
    float sum = 0;
    for (int64_t i = 0; i < dim; ++i) sum += from[i];
    for (int64_t i = 0; i < dim; ++i)
      scratch.centred[task * dim + i] = from[i] - sum / static_cast<float>(dim);
  });
}

/// Attends some of the queries that a centroid takes, from number `first` among them on.
void attend(const Routes& r, const Inputs& in, const Scratch& scratch, int64_t head,
            int64_t cluster, int64_t first, float* floats) {
  const Problem& p = r.p;
  const int64_t key_head = head / r.group;
  const int64_t list = head * r.clusters + cluster;
  const int32_t* const queries = scratch.query_lists + list * r.queries;
  const int32_t* const keys = scratch.key_lists + (key_head * r.clusters + cluster) * r.keys;
  const int64_t rows = std::min(length_of(queries, r.queries) - first, GatheredRows::kMostRows);
  if (rows <= 0) return;
  float references[GatheredRows::kMostRows], sums[GatheredRows::kMostRows];
  int32_t places[GatheredRows::kMostRows];
  std::fill_n(references, rows, -INFINITY);
  std::fill_n(sums, rows, 0.0f);
  std::iota(places, places + rows, 0);
  float* const outs = scratch.outs + (list * r.queries + first) * p.head_dim;
  std::fill_n(outs, rows * p.head_dim, 0.0f);
  GatheredRows(p, in.q.data + head * p.q_len * p.head_dim,
               in.k.data + key_head * p.kv_len * p.head_dim,
               in.v.data + key_head * p.kv_len * p.head_dim, {outs, references, sums}, floats)
      .attend({queries + first, rows, keys, length_of(keys, r.keys), places});
  for (int64_t row = 0; row < rows; ++row) {
    const float inverse = sums[row] > 0 ? 1 / sums[row] : 0;
    for (int64_t d = 0; d < p.head_dim; ++d) outs[row * p.head_dim + d] *= inverse;
  }
}

/// Finds for each query of a head which rows of its centroids' outputs are its own, by ascending
/// centroid.
void invert(const Routes& r, const Scratch& scratch, int64_t head) {
  const int64_t all = r.clusters * r.queries;
  const int32_t* const lists = scratch.query_lists + head * all;
  int32_t* const starts = scratch.starts + head * (r.p.q_len + 1);
  int32_t* const places = scratch.places + head * all;
  std::fill_n(starts, r.p.q_len + 1, 0);
  for (int64_t i = 0; i < all; ++i)
    if (lists[i] >= 0) ++starts[lists[i] + 1];
  std::partial_sum(starts, starts + r.p.q_len + 1, starts);
  for (int64_t i = 0; i < all; ++i)
    if (lists[i] >= 0) places[starts[lists[i]]++] = static_cast<int32_t>(i);
  std::copy_backward(starts, starts + r.p.q_len, starts + r.p.q_len + 1);
  starts[0] = 0;
}

}  // namespace

Count routed_bytes(const Routes& r) noexcept {
  Layout layout(nullptr);
  Scratch(r, layout);
  return layout.bytes();
}

Growth routed_growth(const Routes& r) noexcept {
  const Count threads = count(r.call.threads, sizeof(float)) *
                        count(Scratch::floats_of_thread(r) + Scratch::ints_of_thread(r));
  const auto fixed = static_cast<double>(threads.value());
  const auto all = static_cast<double>(routed_bytes(r).value());
  return {{1, 0, (all - fixed) / static_cast<double>(r.p.kv_len), "outputs of clusters"},
          {0, 0, fixed, "scratch of threads"}};
}

void attend_routed(const Routes& r, const Inputs& in, const Tensor<float>& out,
                   std::byte* memory) noexcept {
  const Problem& p = r.p;
  Layout layout(memory);
  const Scratch scratch(r, layout);
  const int64_t heads = p.batch * p.heads;
  centre(r, in, scratch);
  route(r, scratch,
        {in.q.data, p.q_len, r.queries, 0, heads, r.group, scratch.query_inverses,
         scratch.query_lists});
  route(r, scratch,
        {in.k.data, p.kv_len, r.keys, 0, p.batch * p.kv_heads, 1, scratch.key_inverses,
         scratch.key_lists});
  const int64_t parts = divide_up(r.queries, GatheredRows::kMostRows);
  for_each_task(r.call.threads, heads * r.clusters * parts, [&](int64_t task, int thread) {
    attend(r, in, scratch, task / parts / r.clusters, task / parts % r.clusters,
           task % parts * GatheredRows::kMostRows, scratch.threads + thread * scratch.thread);
  });
  for_each_task(r.call.threads, heads, [&](int64_t head, int) { invert(r, scratch, head); });
  const int64_t blocks = divide_up(p.q_len, kSome);
  for_each_task(r.call.threads, heads * blocks, [&](int64_t task, int) {
    const int64_t head = task / blocks, all = r.clusters * r.queries;
    const int32_t* const starts = scratch.starts + head * (p.q_len + 1);
    for (int64_t i = task % blocks * kSome; i < std::min((task % blocks + 1) * kSome, p.q_len);
         ++i) {
      float* const to = out.data + (head * p.q_len + i) * p.head_dim;
      std::fill_n(to, p.head_dim, 0.0f);
      const float inverse = 1 / static_cast<float>(starts[i + 1] - starts[i]);
      for (int32_t at = starts[i]; at < starts[i + 1]; ++at)
        add_scaled(inverse,
                   scratch.outs + (head * all + scratch.places[head * all + at]) * p.head_dim,
                   p.head_dim, to);
    }
  });
}

void decide_routed(const Routes& r, const Inputs& in, int64_t batch, int64_t head,
                   int32_t* decisions, std::byte* memory) noexcept {
  Layout layout(memory);
  const Scratch scratch(r, layout);
  const int64_t key_head = head / r.group;
  centre(r, in, scratch);
  route(r, scratch,
        {in.q.head(batch, head), r.p.q_len, r.queries, head, 1, r.group, scratch.query_inverses,
         decisions});
  route(r, scratch,
        {in.k.head(batch, key_head), r.p.kv_len, r.keys, key_head, 1, 1, scratch.key_inverses,
         decisions + r.clusters * r.queries});
}

}  // namespace attnbench::kernels
