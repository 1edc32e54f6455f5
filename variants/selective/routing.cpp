// routing: each cluster attends its own queries to its own keys, as the Routing Transformer has it
// (Roy et al. 2021, section 4.1 and algorithm 1).
//
// There are c centroids, about the root of n, which training would set: here they are random. Rows
// of q and of k are normalised as LayerNorm does without scale and bias: LN(x) = (x - mean(x)) /
// sqrt(var(x) + 1e-6). Centroid mu takes the q_len / c queries with the highest mu·LN(q), and the
// kv_len / c keys with the highest mu·LN(k), both rounded up. Each of its queries attends each of
// its keys: softmax over q·k / sqrt(d). A query that no centroid takes yields zeros; one that
// several take yields the mean of what it gets from them. (Its authors' code adds 0.01 to their
// number, which makes every output smaller by a percent; that is left out.)
//
// The paper has a causal form as well. It hides later keys from a query, but which rows a centroid
// takes is decided among all positions, so that later ones do reach earlier queries. It is left
// out.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/routed.h"
#include "kernels/worse.h"

namespace attnbench {
namespace {

using kernels::Routes;

/// Terms that the definition sums up at a time.
constexpr size_t kSome = 256;

class Routing final : public DefinesGivenDecisions<Routing> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  Support supports(const Call& call) const noexcept override {
    if (call.problem.causal) return {"later positions decide which rows a centroid takes"};
    const Routes r(call, call.params[0]);
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    if (count(r.clusters, std::max(r.queries, r.keys)) > Count(kMost))
      return {"positions are numbered in 32 bits"};
    return {};
  }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const Routes r(call, call.params[0]);
    inputs.add({"centroids", 1, r.p.kv_heads, r.clusters, r.p.head_dim, Fill::kNormal, 1, 0, true,
                call.params[1]});
  }

  /// To normalise an element takes 4, and a row's product with a centroid 2 d. A query and a key of
  /// a cluster take 4 d, and the mean of outputs d for each.
  Cost cost(const Call& call) const noexcept override {
    const Routes r(call, call.params[0]);
    const Problem& p = r.p;
    const Count queries = count(p.batch, p.heads, p.q_len);
    const Count keys = count(p.batch, p.kv_heads, p.kv_len);
    const Count taken = count(p.batch, p.heads, r.clusters, r.queries, p.head_dim);
    const Count floats =
        (queries + keys) * count(2, p.head_dim) + count(p.kv_heads, r.clusters, p.head_dim);
    return {(queries + keys) * count(p.head_dim) * (count(4) + count(2, r.clusters)) +
                taken * (count(4, r.keys) + count(1)),
            floats * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    const auto clusters = static_cast<double>(call.params[0]);
    const Growth memory = kernels::routed_growth({call, call.params[0]});
    if (clusters == 0) return {.time = {1.5}, .memory = memory};
    return {.time = {{2, 0, 1 / clusters, "keys of a cluster"}, {1, 0, clusters, "centroids"}},
            .memory = memory};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::routed_bytes({call, call.params[0]});
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_routed({call, call.params[0]}, in, out, workspace.data);
  }

  /// Of each centroid the queries that it takes, ascending; then of each the keys.
  Count decision_count(const Call& call) const noexcept override {
    const Routes r(call, call.params[0]);
    return count(r.clusters, r.queries) + count(r.clusters, r.keys);
  }
  void decide(const Call& call, const Inputs& in, int64_t batch, int64_t head, int32_t* decisions,
              const Workspace& workspace) const noexcept override {
    kernels::decide_routed({call, call.params[0]}, in, batch, head, decisions, workspace.data);
  }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
            Real* out) const {
    const Routes r(call, call.params[0]);
    const int64_t dim = r.p.head_dim;
    for (const int64_t row : rows) {
      std::fill_n(out, dim, Real(0));
      Real taken = 0;
      for (int64_t c = 0; c < r.clusters; ++c) {
        const int32_t* const queries = decisions + c * r.queries;
        const int32_t* const keys = decisions + r.clusters * r.queries + c * r.keys;
        if (std::find(queries, queries + r.queries, row % r.p.q_len) == queries + r.queries)
          continue;
        const std::vector<Real> its = attended<Real>(r, in, row, keys);
        for (int64_t d = 0; d < dim; ++d) out[d] += its[static_cast<size_t>(d)];
        ++taken;
      }
      for (int64_t d = 0; d < dim && taken > 0; ++d) out[d] /= taken;
      out += dim;
    }
  }

  Regret regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                const int32_t* decisions, int64_t query) const override;

 private:
  /// Softmax attention of a row of q over some keys, with sums in blocks.
  template <class Real>
  static std::vector<Real> attended(const Routes& r, const Inputs& in, int64_t row,
                                    const int32_t* keys) {
    const Problem& p = r.p;
    const int64_t head = row / p.q_len / r.group;
    const float* const q = in.q.data + row * p.head_dim;
    std::vector<Real> scores(static_cast<size_t>(r.keys));
    for (size_t j = 0; j < scores.size(); ++j) {
      const float* const k = in.k.data + (head * p.kv_len + keys[j]) * p.head_dim;
      for (int64_t d = 0; d < p.head_dim; ++d) scores[j] += Real(q[d]) * Real(k[d]);
      scores[j] *= Real(score_scale(p));
    }
    const Real top = *std::max_element(scores.begin(), scores.end());
    std::vector<Real> out(static_cast<size_t>(p.head_dim));
    Real sum = 0;
    for (size_t first = 0; first < scores.size(); first += kSome) {
      std::vector<Real> some(out.size());
      Real weights = 0;
      for (size_t j = first; j < std::min(first + kSome, scores.size()); ++j) {
        const float* const v = in.v.data + (head * p.kv_len + keys[j]) * p.head_dim;
        const Real weight = std::exp(scores[j] - top);
        for (size_t d = 0; d < some.size(); ++d) some[d] += weight * Real(v[d]);
        weights += weight;
      }
      for (size_t d = 0; d < some.size(); ++d) out[d] += some[d];
      sum += weights;
    }
    for (Real& x : out) x /= sum;
    return out;
  }
};

/// Rows of a head, normalised; in columns, so that many are multiplied at a time.
class Normalised {
 public:
  Normalised(const float* x, int64_t rows, int64_t dim)
      : rows_(static_cast<size_t>(rows)),
        values_(rows_ * static_cast<size_t>(dim)),
        sizes_(values_.size()),
        roughness_(rows_) {
    for (size_t row = 0; row < rows_; ++row, x += dim) {
      double mean = 0, variance = 0, square = 0;
      for (int64_t d = 0; d < dim; ++d) mean += static_cast<double>(x[d]);
      mean /= static_cast<double>(dim);
      for (int64_t d = 0; d < dim; ++d) {
        const auto value = static_cast<double>(x[d]);
        variance += (value - mean) * (value - mean);
        square += value * value;
      }
      const double deviation =
          std::sqrt(variance / static_cast<double>(dim) + kernels::kVarianceEpsilon);
      for (size_t d = 0; d < static_cast<size_t>(dim); ++d) {
        values_[d * rows_ + row] = (static_cast<double>(x[d]) - mean) / deviation;
        sizes_[d * rows_ + row] = std::abs(static_cast<double>(x[d])) / deviation;
      }
      roughness_[row] = 1 + std::sqrt(square / static_cast<double>(dim)) / deviation;
    }
  }

  /// How much worse for a centroid a row that it takes is than one that it does not take. If `only`
  /// is not negative, only what concerns that row is judged.
  Regret judge(const float* centroid, const int32_t* list, int64_t taken, int64_t only) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto dim = static_cast<int64_t>(values_.size() / rows_);
    double mean = 0;
    for (int64_t d = 0; d < dim; ++d) mean += static_cast<double>(centroid[d]);
    mean /= static_cast<double>(dim);
    std::vector<double> scores(rows_), magnitudes(rows_);
    for (int64_t d = 0; d < dim; ++d) {
      const auto mu = static_cast<double>(centroid[d]);
      const double size = std::abs(mu) + std::abs(mean);
      for (size_t row = 0; row < rows_; ++row) {
        scores[row] += mu * values_[static_cast<size_t>(d) * rows_ + row];
        magnitudes[row] += size * sizes_[static_cast<size_t>(d) * rows_ + row];
      }
    }
    struct Judged {
      double score, magnitude;
    } worst{kInfinity, 0}, best{-kInfinity, 0};
    const int32_t* next = list;
    const bool takes_only = std::binary_search(list, list + taken, only);
    for (size_t row = 0; row < rows_; ++row) {
      const bool is_taken = next < list + taken && static_cast<size_t>(*next) == row;
      next += is_taken ? 1 : 0;
      if (only >= 0 && is_taken == takes_only && static_cast<int64_t>(row) != only) continue;
      // The deviation is off, of itself, by as much as rounding moves x by, in deviations.
      const Judged its{scores[row], magnitudes[row] + std::abs(scores[row]) * roughness_[row]};
      if (is_taken ? its.score < worst.score : its.score > best.score)
        (is_taken ? worst : best) = its;
    }
    return {std::max(0.0, best.score - worst.score), std::max(worst.magnitude, best.magnitude),
            2 * dim + 4};
  }

 private:
  size_t rows_;
  std::vector<double> values_, sizes_;  ///< [dim, rows]: normalised; |x| in deviations.
  std::vector<double> roughness_;
};

Regret Routing::regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                       const int32_t* decisions, int64_t query) const {
  const Routes r(call, call.params[0]);
  const Problem& p = r.p;
  const Regret malformed{std::numeric_limits<double>::infinity(), 0, 0};
  const int32_t* const key_lists = decisions + r.clusters * r.queries;
  const auto ascends = [](const int32_t* list, int64_t taken, int64_t rows) {
    for (int64_t i = 0; i < taken; ++i)
      if (list[i] <= (i == 0 ? -1 : list[i - 1]) || list[i] >= rows) return false;
    return true;
  };
  for (int64_t c = 0; c < r.clusters; ++c)
    if (!ascends(decisions + c * r.queries, r.queries, p.q_len) ||
        !ascends(key_lists + c * r.keys, r.keys, p.kv_len))
      return malformed;
  Regret worst{0, 0, 2 * p.head_dim + 4};
  const Normalised queries(in.q.head(batch, head), p.q_len, p.head_dim);
  const Normalised keys(in.k.head(batch, head / r.group), p.kv_len, p.head_dim);
  for (int64_t c = 0; c < r.clusters; ++c) {
    const float* const centroid = in.extra[0].row(0, head / r.group, c);
    const int32_t* const list = decisions + c * r.queries;
    worst = kernels::worse(worst, queries.judge(centroid, list, r.queries, query));
    if (std::binary_search(list, list + r.queries, query))
      worst = kernels::worse(worst, keys.judge(centroid, key_lists + c * r.keys, r.keys, -1));
  }
  return worst;
}

constexpr Param kParams[] = {
    {"clusters", 0, 0, kMaxLength, "centroids, and so clusters; 0: the root of the length"},
    {"seed", 0, 0, kernels::kLargestSeed, "which random centroids stand in for learned ones"}};

const Info kInfo{"routing",
                 "each centroid takes the queries and the keys closest to it, which attend",
                 Kind::kApproximate,
                 "Roy et al. 2021, Efficient Content-Based Sparse Attention with Routing "
                 "Transformers",
                 kParams,
                 2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Routing, attnbench::kInfo)
