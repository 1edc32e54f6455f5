// linformer: keys and values are projected along the sequence to `rank` rows, by matrices that
// training would set, and full attention goes over these rows.
//
// The projections are products E k and F v with matrices [rank, kv_len], which all heads share. A
// task is a block of rows of one of them, for one key head. The engine does the attention.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/every_key.h"
#include "kernels/matrix.h"
#include "kernels/row_blocks.h"
#include "kernels/tasks.h"

namespace attnbench {
namespace {

/// The most rows of a projection that are computed at a time, so that what they add to stays in a
/// cache along with a packed block of keys.
constexpr int64_t kMostRows = 192;

class Linformer final : public Defines<Linformer> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  Support supports(const Call& call) const noexcept override {
    if (call.problem.causal)
      return {"a projected key mixes keys of all positions, so linformer cannot be causal"};
    if (rank_of(call) > call.problem.kv_len)
      return {"rank exceeds kv_len: nothing would be projected to fewer rows"};
    return {};
  }

  /// The entries are as in the proof of the paper's theorem 2: of variance 1/rank.
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t rank = rank_of(call), n = call.problem.kv_len, seed = call.params[1];
    const double scale = 1 / std::sqrt(static_cast<double>(rank));
    inputs.add({"key_projection", 1, 1, rank, n, Fill::kNormal, scale, 0, true, seed});
    inputs.add({"value_projection", 1, 1, rank, n, Fill::kNormal, scale, 0, true, seed});
  }

  /// Keys and values are projected first, which takes 4 rank d for each, and then a query takes
  /// 4 rank d. If queries are few, it takes less to project their scores: (q k^T) E^T and
  /// (weights F) v take 4 (rank + d) for each query and key.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const int64_t rank = rank_of(call), d = p.head_dim;
    const Count keys = count(p.batch, p.kv_heads, p.kv_len);
    const Count queries = count(p.batch, p.heads, p.q_len);
    const Count by_rows = count(4, rank, d) * (keys + queries);
    const Count by_scores = count(4, p.kv_len, rank + d) * queries;
    const Count floats = count(2, rank, p.kv_len) + count(2, d) * (keys + queries);
    return {std::min(by_rows, by_scores), floats * count(sizeof(float))};
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }
  Count workspace_bytes(const Call& call) const noexcept override {
    return projected_floats(call) * count(2, sizeof(float)) + engine_bytes(call);
  }

  /// Equation 7: softmax(q (E k)^T scale) (F v), with scale = 1 / sqrt(d) if nothing else is asked
  /// for.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const int64_t rank = rank_of(call);
    std::vector<Real> keys, values;
    int64_t of = -1;
    for (const int64_t row : rows) {
      const int64_t batch = row / p.q_len / p.heads;
      const int64_t kv_head = row / p.q_len % p.heads / (p.heads / p.kv_heads);
      if (of != batch * p.kv_heads + kv_head) {
        of = batch * p.kv_heads + kv_head;
        keys = project<Real>(in.extra[0].data, rank, in.k.head(batch, kv_head), p);
        values = project<Real>(in.extra[1].data, rank, in.v.head(batch, kv_head), p);
      }
      define_row(p, rank, in.q.data + row * p.head_dim, keys.data(), values.data(), out);
      out += p.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const int64_t rank = rank_of(call), heads = p.batch * p.kv_heads;
    float* const keys = reinterpret_cast<float*>(workspace.data + engine_bytes(call).value());
    float* const values = keys + projected_floats(call).value();
    const int64_t blocks = kernels::row_blocks_a_head(call.threads, 2 * heads, rank, kMostRows);
    kernels::for_each_task(call.threads, 2 * heads * blocks, [&](int64_t task, int) {
      const int64_t head = task / blocks % heads;
      const bool of_keys = task / blocks < heads;
      const int64_t first = kernels::first_row_of(task % blocks, blocks, rank);
      const int64_t end = kernels::first_row_of(task % blocks + 1, blocks, rank);
      kernels::multiply_values(in.extra[of_keys ? 0 : 1].row(0, 0, first), p.kv_len, end - first,
                               (of_keys ? in.k : in.v).data + head * p.kv_len * p.head_dim,
                               p.kv_len, p.head_dim,
                               (of_keys ? keys : values) + (head * rank + first) * p.head_dim);
    });
    const Inputs projected{in.q,
                           {keys, p.batch, p.kv_heads, rank, p.head_dim},
                           {values, p.batch, p.kv_heads, rank, p.head_dim}};
    kernels::attend(kernels::kEveryKey, over_rows(call), kernels::kDefaultTile, projected, out,
                    workspace.data);
  }

 private:
  static int64_t rank_of(const Call& call) { return call.params[0]; }

  /// Attention over the projected keys.
  static Call over_rows(const Call& call) {
    Call small{call.problem, nullptr, call.threads};
    small.problem.kv_len = rank_of(call);
    return small;
  }

  /// Of the projected keys; as many are of the values.
  static Count projected_floats(const Call& call) {
    return count(call.problem.batch, call.problem.kv_heads, rank_of(call), call.problem.head_dim);
  }
  static Count engine_bytes(const Call& call) {
    return kernels::scratch_bytes(over_rows(call), kernels::kDefaultTile);
  }

  /// The product of a matrix [rank, kv_len] and x [kv_len, d].
  template <class Real>
  static std::vector<Real> project(const float* matrix, int64_t rank, const float* x,
                                   const Problem& p) {
    constexpr int64_t kBlock = 256;
    const auto dim = static_cast<size_t>(p.head_dim);
    std::vector<Real> product(static_cast<size_t>(rank) * dim), sums(dim);
    for (int64_t begin = 0; begin < p.kv_len; begin += kBlock) {
      const int64_t end = std::min(begin + kBlock, p.kv_len);
      const std::vector<Real> block(x + begin * p.head_dim, x + end * p.head_dim);
      for (int64_t r = 0; r < rank; ++r) {
        std::fill(sums.begin(), sums.end(), Real(0));
        for (int64_t j = begin; j < end; ++j) {
          const Real factor = matrix[r * p.kv_len + j];
          const Real* const row = block.data() + (j - begin) * p.head_dim;
          for (size_t i = 0; i < dim; ++i) sums[i] += factor * row[i];
        }
        for (size_t i = 0; i < dim; ++i) product[static_cast<size_t>(r) * dim + i] += sums[i];
      }
    }
    return product;
  }

  template <class Real>
  static void define_row(const Problem& p, int64_t rank, const float* q, const Real* keys,
                         const Real* values, Real* out) {
    constexpr int64_t kBlock = 256;
    const auto dim = static_cast<size_t>(p.head_dim);
    std::vector<Real> weights(static_cast<size_t>(rank)), sums(dim);
    for (size_t r = 0; r < weights.size(); ++r) {
      Real product = 0;
      for (size_t i = 0; i < dim; ++i) product += Real(q[i]) * keys[r * dim + i];
      weights[r] = product * Real(score_scale(p));
    }
    const Real top = *std::max_element(weights.begin(), weights.end());
    Real total = 0;
    std::fill_n(out, dim, Real(0));
    for (int64_t begin = 0; begin < rank; begin += kBlock) {
      const auto end = static_cast<size_t>(std::min(begin + kBlock, rank));
      Real some = 0;
      std::fill(sums.begin(), sums.end(), Real(0));
      for (auto r = static_cast<size_t>(begin); r < end; ++r) {
        const Real weight = std::exp(weights[r] - top);
        some += weight;
        for (size_t i = 0; i < dim; ++i) sums[i] += weight * values[r * dim + i];
      }
      total += some;
      for (size_t i = 0; i < dim; ++i) out[i] += sums[i];
    }
    for (size_t i = 0; i < dim; ++i) out[i] /= total;
  }
};

constexpr Param kParams[] = {
    {"rank", 256, 1, kMaxLength, "rows that keys and values are projected to; at most kv_len"},
    {"seed", 1, 0, kernels::kLargestSeed, "seed of the projections"}};

const Info kInfo{"linformer",
                 "full attention over `rank` projections of all keys and values",
                 Kind::kApproximate,
                 "Wang et al. 2020, Linformer",
                 kParams,
                 2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Linformer, attnbench::kInfo)
