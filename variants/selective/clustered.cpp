// clustered: queries are clustered, and those of a cluster share its centroid's weights, as Vyas et
// al. 2020 have it ("Fast Transformers with Clustered Attention").
//
// Section 3.2. Each query is hashed to `bits` signs of its products with random planes, and the
// hashes are clustered by Lloyd's iterations under Hamming distance: a hash goes to the centroid
// that differs from it in the fewest bits (of several to the first), and a centroid becomes the
// bits that most of its hashes have. With S_ij = 1 if query i is in cluster j, and else 0:
//   Q^c_j = sum_i S_ij Q_i / sum_i S_ij,  A^c = softmax(Q^c K^T / sqrt(d)),
//   V^_i = sum_j S_ij sum_l A^c_jl V_l.
// Section 3.3, "improved clustered": T_jl = 1 for the `top` keys l with the highest Q^c_j·K_l, and
//   m_j = sum_l T_jl A^c_jl;  A^t_il = m_j softmax_{l: T_jl = 1}(Q_i·K_l / sqrt(d)) if T_jl = 1,
// and else A^c_jl, for query i of cluster j; V^_i = sum_l A^t_il V_l. With top = 0 it is
// section 3.2.
//
// As in the authors' code (fast-transformers), planes have an offset, the first centroids are the
// hashes of the first queries, and a centroid that has lost all queries becomes random bits. It
// clusters queries of all positions, so that there is no causal form.
#include "kernels/clustered.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "attnbench/register.h"
#include "kernels/worse.h"

namespace attnbench {
namespace {

using kernels::Clusters;

/// Terms that the definition sums up at a time.
constexpr int64_t kSome = 256;

Clusters clusters_of(const Call& call) {
  const int64_t* const params = call.params;
  return {call, params[0], params[1], params[2], params[3], params[4]};
}

/// The hash of a query, from decisions.
uint64_t hash_of(const int32_t* decisions, int64_t query) {
  const auto half = [&](int64_t i) { return uint64_t{static_cast<uint32_t>(decisions[i])}; };
  return half(2 * query) | half(2 * query + 1) << 32;
}

/// The sum over i < count of term(i, out), which adds to out [n], in short sums.
template <class Real, class Term>
std::vector<Real> sum_of(int64_t count, int64_t n, const Term& add_term) {
  std::vector<Real> total(static_cast<size_t>(n));
  for (int64_t first = 0; first < count; first += kSome) {
    std::vector<Real> some(total.size());
    for (int64_t i = first; i < std::min(first + kSome, count); ++i) add_term(i, some);
    for (size_t d = 0; d < total.size(); ++d) total[d] += some[d];
  }
  return total;
}

/// The mean of the queries of a cluster; zeros if it has none.
template <class Real>
std::vector<Real> centroid_of(const Clusters& c, const float* q, const int32_t* decisions,
                              int32_t cluster) {
  std::vector<int64_t> members;
  for (int64_t i = 0; i < c.p.q_len; ++i)
    if (decisions[c.first_cluster() + i] == cluster) members.push_back(i);
  const auto count = static_cast<int64_t>(members.size());
  std::vector<Real> mean =
      sum_of<Real>(count, c.p.head_dim, [&](int64_t i, std::vector<Real>& sum) {
        const float* const row = q + members[static_cast<size_t>(i)] * c.p.head_dim;
        for (size_t d = 0; d < sum.size(); ++d) sum[d] += Real(row[d]);
      });
  for (Real& x : mean) x /= static_cast<Real>(std::max<int64_t>(count, 1));
  return mean;
}

/// exp(score - the largest) of each key, for scaled scores x·k.
template <class Real, class Row, class KeyOf>
std::vector<Real> weights_of(const Problem& p, const Row& x, const float* k, int64_t count,
                             const KeyOf& key_of) {
  std::vector<Real> weights(static_cast<size_t>(count));
  for (int64_t j = 0; j < count; ++j) {
    const float* const row = k + key_of(j) * p.head_dim;
    Real product = 0;
    for (int64_t d = 0; d < p.head_dim; ++d)
      product += Real(x[static_cast<size_t>(d)]) * Real(row[d]);
    weights[static_cast<size_t>(j)] = product * Real(score_scale(p));
  }
  const Real top = *std::max_element(weights.begin(), weights.end());
  for (Real& x_j : weights) x_j = std::exp(x_j - top);
  return weights;
}

/// What the queries of a cluster share.
template <class Real>
struct Shared {
  std::vector<Real> rest;  ///< The weighted values of all keys but the top ones.
  Real top_mass;           ///< m_j.
};

template <class Real>
Shared<Real> share(const Clusters& c, const float* q, const float* k, const float* v,
                   const int32_t* decisions, int32_t cluster) {
  const Problem& p = c.p;
  const std::vector<Real> centroid = centroid_of<Real>(c, q, decisions, cluster);
  const std::vector<Real> weights =
      weights_of<Real>(p, centroid, k, p.kv_len, [](int64_t j) { return j; });
  const int32_t* const top = decisions + c.first_top_key() + cluster * c.top;
  const auto is_top = [&](int64_t j) { return std::binary_search(top, top + c.top, j); };
  // The weighted values, the mass of the top keys, and that of all.
  std::vector<Real> sums =
      sum_of<Real>(p.kv_len, p.head_dim + 2, [&](int64_t j, std::vector<Real>& sum) {
        const Real weight = weights[static_cast<size_t>(j)];
        sum.back() += weight;
        if (is_top(j)) {
          sum[sum.size() - 2] += weight;
          return;
        }
        for (int64_t d = 0; d < p.head_dim; ++d)
          sum[static_cast<size_t>(d)] += weight * Real(v[j * p.head_dim + d]);
      });
  const Real all = sums.back();
  for (Real& x : sums) x /= all;
  const Real mass = sums[sums.size() - 2];
  sums.resize(static_cast<size_t>(p.head_dim));
  return {sums, mass};
}

class Clustered final : public DefinesGivenDecisions<Clustered> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  Support supports(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    if (p.causal) return {"it clusters queries of all positions"};
    if (std::max(p.q_len, p.kv_len) > std::numeric_limits<int32_t>::max())
      return {"positions are numbered in 32 bits"};
    return {};
  }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const Clusters c = clusters_of(call);
    inputs.add({"planes", 1, 1, c.bits, c.p.head_dim, Fill::kNormal, 1, 0, false, c.seed});
    inputs.add({"offsets", 1, 1, 1, c.bits, Fill::kNormal, 1, 0, false, c.seed});
  }

  /// A query takes 2 d for each plane, d for its centroid, and 4 d for each top key; a centroid 4 d
  /// for each key. Clustering compares bits, which is not counted.
  Cost cost(const Call& call) const noexcept override {
    const Clusters c = clusters_of(call);
    const Problem& p = c.p;
    const Count queries = count(p.batch, p.heads, p.q_len, p.head_dim);
    const Count keys = count(p.batch, p.kv_heads, p.kv_len, p.head_dim);
    const Count floats = count(2) * (queries + keys) + count(c.bits, p.head_dim + 1);
    // A centroid weighs all keys, but adds up no values of those on top; if all are, it weighs
    // none.
    const int64_t scored = c.top == p.kv_len ? 0 : p.kv_len;
    return {queries * (count(2, c.bits) + count(1) + count(4, c.top)) +
                count(2, p.batch, p.heads, c.clusters, scored + p.kv_len - c.top, p.head_dim),
            floats * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    return {.time = {1}, .memory = kernels::clustered_growth(clusters_of(call))};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::clustered_bytes(clusters_of(call));
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_clustered(clusters_of(call), in, out, workspace.data);
  }

  Count decision_count(const Call& call) const noexcept override {
    return clusters_of(call).decisions();
  }
  void decide(const Call& call, const Inputs& in, int64_t batch, int64_t head, int32_t* decisions,
              const Workspace& workspace) const noexcept override {
    kernels::decide_clustered(clusters_of(call), in, batch, head, decisions, workspace.data);
  }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
            Real* out) const {
    const Clusters c = clusters_of(call);
    const Problem& p = c.p;
    std::map<int32_t, Shared<Real>> shared;
    for (const int64_t row : rows) {
      const int64_t head = row / p.q_len, key_head = head / c.group;
      const float* const q = in.q.data + head * p.q_len * p.head_dim;
      const float* const k = in.k.data + key_head * p.kv_len * p.head_dim;
      const float* const v = in.v.data + key_head * p.kv_len * p.head_dim;
      const int32_t cluster = decisions[c.first_cluster() + row % p.q_len];
      auto its = shared.find(cluster);
      if (its == shared.end())
        its = shared.emplace(cluster, share<Real>(c, q, k, v, decisions, cluster)).first;
      std::copy(its->second.rest.begin(), its->second.rest.end(), out);
      if (c.top > 0) {
        const int32_t* const top = decisions + c.first_top_key() + cluster * c.top;
        const std::vector<Real> weights = weights_of<Real>(
            p, q + row % p.q_len * p.head_dim, k, c.top, [&](int64_t j) { return top[j]; });
        const std::vector<Real> sums =
            sum_of<Real>(c.top, p.head_dim + 1, [&](int64_t j, std::vector<Real>& sum) {
              const Real weight = weights[static_cast<size_t>(j)];
              for (int64_t d = 0; d < p.head_dim; ++d)
                sum[static_cast<size_t>(d)] += weight * Real(v[top[j] * p.head_dim + d]);
              sum.back() += weight;
            });
        for (int64_t d = 0; d < p.head_dim; ++d)
          out[d] += its->second.top_mass * sums[static_cast<size_t>(d)] / sums.back();
      }
      out += p.head_dim;
    }
  }

  Regret regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                const int32_t* decisions, int64_t query) const override;
};

/// The cluster of each hash, by plain iterations.
std::vector<int32_t> lloyd(const Clusters& c, const std::vector<uint64_t>& hashes) {
  std::vector<uint64_t> centroids(hashes.begin(), hashes.begin() + c.clusters);
  std::vector<int32_t> of(hashes.size());
  for (int64_t iteration = 0; iteration < c.iterations; ++iteration) {
    if (iteration > 0) {
      std::vector<std::array<int32_t, 64>> set(centroids.size());
      std::vector<int32_t> members(centroids.size());
      for (size_t i = 0; i < hashes.size(); ++i) {
        const auto j = static_cast<size_t>(of[i]);
        ++members[j];
        for (size_t b = 0; b < 64; ++b) set[j][b] += static_cast<int32_t>(hashes[i] >> b & 1);
      }
      for (size_t j = 0; j < centroids.size(); ++j) {
        centroids[j] = members[j] == 0 ? c.lost(iteration, static_cast<int64_t>(j)) : 0;
        for (size_t b = 0; b < 64; ++b)
          if (int64_t{2} * set[j][b] > members[j]) centroids[j] |= uint64_t{1} << b;
      }
    }
    for (size_t i = 0; i < hashes.size(); ++i) {
      uint64_t nearest = ~uint64_t{0};  // How many bits differ, and then the cluster.
      for (size_t j = 0; j < centroids.size(); ++j) {
        const auto differ = static_cast<uint64_t>(std::popcount(centroids[j] ^ hashes[i]));
        nearest = std::min(nearest, differ << 32 | j);
      }
      of[i] = static_cast<int32_t>(nearest & 0xFFFFFFFF);
    }
  }
  return of;
}

/// Planes in columns, so that a query is multiplied by all of them at a time.
class Planes {
 public:
  Planes(const Inputs& in, int64_t bits, int64_t dim)
      : bits_(static_cast<size_t>(bits)), planes_(bits_ * static_cast<size_t>(dim)) {
    for (int64_t b = 0; b < bits; ++b) {
      offsets_.push_back(static_cast<double>(in.extra[1].data[b]));
      for (int64_t d = 0; d < dim; ++d)
        planes_[static_cast<size_t>(d * bits + b)] =
            static_cast<double>(in.extra[0].row(0, 0, b)[d]);
    }
  }

  /// How far on the wrong side of a plane a query is that was hashed to these bits.
  Regret judge(const float* q, uint64_t bits) const {
    std::vector<double> products = offsets_;
    for (size_t at = 0; at < planes_.size(); at += bits_, ++q)
      for (size_t b = 0; b < bits_; ++b) products[b] += static_cast<double>(*q) * planes_[at + b];
    q -= planes_.size() / bits_;
    Regret worst{0, 0, static_cast<int64_t>(planes_.size() / bits_) + 1};
    for (size_t b = 0; b < bits_; ++b) {
      const double loss = (bits >> b & 1) != 0 ? -products[b] : products[b];
      if (loss > 0) worst = kernels::worse(worst, {loss, magnitude(q, b), worst.terms});
    }
    return worst;
  }

 private:
  double magnitude(const float* q, size_t b) const {
    double sum = std::abs(offsets_[b]);
    for (size_t at = b; at < planes_.size(); at += bits_, ++q)
      sum += std::abs(static_cast<double>(*q) * planes_[at]);
    return sum;
  }

  size_t bits_;
  std::vector<double> offsets_, planes_;  ///< [bits] and [head_dim, bits].
};

/// How much better a key is for a cluster's centroid than the worst of its top ones.
Regret judge_top(const Clusters& c, const float* q, const float* k, const int32_t* decisions,
                 int32_t cluster) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Problem& p = c.p;
  const std::vector<double> centroid = centroid_of<double>(c, q, decisions, cluster);
  // A centroid's element may be off by as much as the queries that it is made of, in magnitude.
  std::vector<double> sizes(centroid.size());
  int64_t members = 0;
  for (int64_t i = 0; i < p.q_len; ++i) {
    if (decisions[c.first_cluster() + i] != cluster) continue;
    ++members;
    for (size_t d = 0; d < sizes.size(); ++d)
      sizes[d] += std::abs(static_cast<double>(q[i * p.head_dim + static_cast<int64_t>(d)]));
  }
  struct Judged {
    double score, magnitude;
  } worst{kInfinity, 0}, best{-kInfinity, 0};
  const int32_t* const top = decisions + c.first_top_key() + cluster * c.top;
  for (int64_t j = 0; j < p.kv_len; ++j) {
    Judged judged{0, 0};
    for (size_t d = 0; d < sizes.size(); ++d) {
      const auto key = static_cast<double>(k[j * p.head_dim + static_cast<int64_t>(d)]);
      judged.score += centroid[d] * key;
      judged.magnitude += sizes[d] / static_cast<double>(members) * std::abs(key);
    }
    const bool is_top = std::binary_search(top, top + c.top, j);
    if (is_top && judged.score < worst.score) worst = judged;
    if (!is_top && judged.score > best.score) best = judged;
  }
  return {std::max(0.0, best.score - worst.score), std::max(worst.magnitude, best.magnitude),
          p.head_dim + kSome + members / kSome};
}

/// All queries' bits may have moved the query's cluster.
Regret Clustered::regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                         const int32_t* decisions, int64_t query) const {
  const Clusters c = clusters_of(call);
  const Problem& p = c.p;
  const Regret malformed{std::numeric_limits<double>::infinity(), 0, 0};
  std::vector<uint64_t> hashes;
  for (int64_t i = 0; i < p.q_len; ++i) {
    hashes.push_back(hash_of(decisions, i));
    if (c.bits < 64 && hashes.back() >> c.bits != 0) return malformed;
  }
  if (!std::ranges::equal(lloyd(c, hashes),
                          std::span(decisions + c.first_cluster(), hashes.size())))
    return malformed;
  for (int64_t i = 0; i < c.clusters * c.top; ++i) {
    const int32_t* const key = decisions + c.first_top_key() + i;
    if (*key <= (i % c.top == 0 ? -1 : key[-1]) || *key >= p.kv_len) return malformed;
  }
  const float* const q = in.q.head(batch, head);
  const Planes planes(in, c.bits, p.head_dim);
  Regret worst{0, 0, p.head_dim + 1};
  for (size_t i = 0; i < hashes.size(); ++i)
    worst =
        kernels::worse(worst, planes.judge(q + static_cast<int64_t>(i) * p.head_dim, hashes[i]));
  if (c.top == 0) return worst;
  return kernels::worse(worst, judge_top(c, q, in.k.head(batch, head / c.group), decisions,
                                         decisions[c.first_cluster() + query]));
}

constexpr Param kParams[] = {
    {"clusters", 100, 1, 1 << 20, "clusters of queries"},
    {"top", 32, 0, kMaxLength, "keys of each cluster that its queries weigh themselves"},
    {"bits", 63, 1, 64, "signs that a query is hashed to"},
    {"iterations", 10, 1, 32, "times that hashes are given their nearest centroid"},
    {"seed", 0, 0, kernels::kLargestSeed, "which random planes queries are hashed by"}};

const Info kInfo{"clustered",
                 "clusters of queries share their centroid's weights, but for their top keys",
                 Kind::kApproximate,
                 "Vyas et al. 2020, Fast Transformers with Clustered Attention",
                 kParams,
                 5};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Clustered, attnbench::kInfo)
