// based: linear attention with the Taylor series of exp up to its square: weights 1 + x + x^2 / 2
// for x = q·k / sqrt(d'), where rows of more than d' dims are first projected to d'.
//
// The projection would be learned; here it is random. A model has one for q and one for k; here
// both take the same one, so that products of projected rows still resemble those of the rows.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "attnbench/register.h"
#include "kernels/linear.h"
#include "kernels/projection.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

constexpr int64_t kMostDims = 64;

/// d' of the paper.
int64_t dims_of(const Call& call) {
  return std::min(call.params[0], call.problem.head_dim);
}
bool projects(const Call& call) {
  return call.params[0] < call.problem.head_dim;
}
/// The factor of q'·k'.
double factor_of(const Call& call) {
  const double scale = call.problem.scale;
  return scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(dims_of(call)));
}

/// 1, each y_i, each y_i y_j with i < j, and each y_i^2 / sqrt(2), where y is the projected row
/// times the root of the factor. The paper has y_i y_j / sqrt(2) twice, as (i, j) and (j, i).
class Taylor final : public kernels::FeatureMap {
 public:
  Taylor(const Call& call, float* packed)
      : dims_(dims_of(call)),
        projects_(projects(call)),
        factor_(factor_of(call)),
        packed_(packed) {}

  static Count packed_floats(const Call& call) {
    if (!projects(call)) return {};
    return count(call.problem.kv_heads, head_floats(call));
  }
  void pack(const Call& call, const Inputs& in) const {
    const int64_t dim = call.problem.head_dim;
    for (int64_t head = 0; projects_ && head < call.problem.kv_heads; ++head)
      projection(dim, head).pack(
          [&](int64_t output, int64_t i) { return in.extra[0].row(0, head, output)[i]; });
  }

  int64_t features(const Problem&) const noexcept override {
    return 1 + dims_ + dims_ * (dims_ + 1) / 2;
  }
  float divisor(float weights) const noexcept override { return weights; }

  void map(const Problem& p, const kernels::RowsToMap& rows) const noexcept override {
    using namespace kernels;
    constexpr int64_t kAtOnce = 12;
    constexpr int64_t kPitch = kMostDims + 2 * kLanes;
    alignas(64) float projected[kAtOnce * kPitch] = {};
    for (int64_t first = 0; first < rows.rows; first += kAtOnce) {
      const int64_t count = std::min(kAtOnce, rows.rows - first);
      const float* const from = rows.from + first * p.head_dim;
      if (projects_)
        projection(p.head_dim, rows.kv_head).multiply(from, count, projected, kPitch);
      else
        for (int64_t row = 0; row < count; ++row)
          std::copy_n(from + row * dims_, dims_, projected + row * kPitch);
      for (int64_t row = 0; row < count; ++row)
        expand(projected + row * kPitch, rows.queries, rows.out + (first + row) * rows.pitch,
               rows.pitch);
    }
  }

 private:
  static int64_t head_floats(const Call& call) {
    return kernels::round_up(kernels::Projection::floats(dims_of(call), call.problem.head_dim), 16);
  }
  kernels::Projection projection(int64_t head_dim, int64_t head) const {
    const int64_t floats = kernels::round_up(kernels::Projection::floats(dims_, head_dim), 16);
    return {dims_, head_dim, packed_ + head * floats};
  }

  /// Features of a projected row, behind which there is a vector of any finite numbers.
  void expand(float* y, bool query, float* out, int64_t pitch) const {
    using namespace kernels;
    const Lanes d;
    const auto root = static_cast<float>(std::sqrt(std::abs(factor_)));
    const float sign = query && factor_ < 0 ? -1.0f : 1.0f;
    for (int64_t i = 0; i < dims_; ++i) y[i] *= root;
    float* to = out;
    *to++ = 1;
    for (int64_t i = 0; i < dims_; ++i) *to++ = sign * y[i];
    for (int64_t i = 0; i < dims_; ++i)
      *to++ = y[i] * y[i] * static_cast<float>(std::numbers::sqrt2 / 2);
    for (int64_t i = 0; i + 1 < dims_; ++i) {
      const Vec factor = hn::Set(d, y[i]);
      const int64_t others = dims_ - 1 - i;
      for (int64_t j = 0; j < others; j += kLanes) {
        const auto within = hn::FirstN(d, static_cast<size_t>(std::min(others - j, kLanes)));
        hn::BlendedStore(hn::Mul(factor, hn::LoadU(d, y + i + 1 + j)), within, d, to + j);
      }
      to += others;
    }
    std::fill(to, out + pitch, 0.0f);
  }

  int64_t dims_;
  bool projects_;
  double factor_;
  float* packed_;
};

class Based final : public Defines<Based> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const Problem& p = call.problem;
    if (projects(call))
      inputs.add({"projection", 1, p.kv_heads, dims_of(call), p.head_dim, Fill::kNormal,
                  1 / std::sqrt(static_cast<double>(p.head_dim)), 0, true});
  }

  /// A row is projected (2 d' d), and for a state its dims are multiplied with each other. The
  /// weight of a pair takes 2 d' for x, and 4 for 1 + x + x^2 / 2.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const int64_t dims = dims_of(call), features = Taylor(call, nullptr).features(p);
    const Count rows = count(p.batch, p.heads, p.q_len) + count(p.batch, p.kv_heads, p.kv_len);
    const Count mapped =
        count(p.batch, p.heads, kernels::seeing_queries(p)) + count(p.batch, p.kv_heads, p.kv_len);
    const Count flops = kernels::linear_flops(p, features, 2 * dims + 4, dims * (dims + 1) / 2) +
                        (projects(call) ? mapped * count(2 * dims, p.head_dim) : Count{});
    return {flops, (rows * count(2, p.head_dim) +
                    (projects(call) ? count(p.kv_heads, dims, p.head_dim) : Count{})) *
                       count(sizeof(float))};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return Taylor::packed_floats(call) * count(sizeof(float)) +
           kernels::linear_bytes(Taylor(call, nullptr), call);
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// Section 4.1 of the paper: out_i = sum_j phi(q_i)·phi(k_j) v_j / sum_j phi(q_i)·phi(k_j), up to
  /// the query's own position if causal. phi(x) has 1, each x_i and each x_i x_j / sqrt(2), with x
  /// divided by the fourth root of d', as in the authors' code. What that adds to the sum of
  /// weights, 1e-12, is nothing beside weights that are at least 1/2.
  ///
  /// The sums over j are those of phi(k_j) v_j and phi(k_j), to which phi(q_i) comes last, as in
  /// the paper. With weights summed over features first, the rounding of a weight would cancel in
  /// the quotient, which it does not for who sums up keys before queries come.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    for (const int64_t *row = rows.begin(), *end = row; row != rows.end(); row = end) {
      const int64_t head = *row / p.q_len;
      end = std::find_if(row, rows.end(), [&](int64_t r) { return r / p.q_len != head; });
      define_head(call, in, head, row, end, out);
      out += (end - row) * p.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    float* const packed = reinterpret_cast<float*>(workspace.data);
    const Taylor phi(call, packed);
    phi.pack(call, in);
    kernels::attend_linearly(phi, call, in, out,
                             workspace.data + Taylor::packed_floats(call).value() * 4);
  }

 private:
  /// What keys add up to: for each feature the sum of phi(k_j) v_j, and of phi(k_j) behind it.
  template <class Real>
  using Sums = std::vector<Real>;

  /// Rows of one head, in ascending order. The sums over a block of keys are complete before they
  /// are added.
  template <class Real>
  static void define_head(const Call& call, const Inputs& in, int64_t head, const int64_t* row,
                          const int64_t* end, Real* out) {
    constexpr int64_t kBlock = 256;
    const Problem& p = call.problem;
    const int64_t batch = head / p.heads, kv_head = head % p.heads / (p.heads / p.kv_heads);
    const auto dim = static_cast<size_t>(p.head_dim), width = dim + 1;
    const auto dims = static_cast<size_t>(dims_of(call));
    Sums<Real> blocks((1 + dims + dims * dims) * width), block(blocks.size());
    int64_t key = 0;
    for (; row != end; ++row, out += dim) {
      const int64_t last = p.causal ? aligned_position(p, *row % p.q_len) : p.kv_len - 1;
      for (; key <= last; ++key) {
        const std::vector<Real> k =
            phi<Real>(call, in, kv_head, in.k.row(batch, kv_head, key), false);
        const float* const v = in.v.row(batch, kv_head, key);
        for (size_t m = 0; m < k.size(); ++m) {
          for (size_t i = 0; i < dim; ++i) block[m * width + i] += k[m] * Real(v[i]);
          block[m * width + dim] += k[m];
        }
        if (key % kBlock != kBlock - 1) continue;
        for (size_t i = 0; i < blocks.size(); ++i) blocks[i] += std::exchange(block[i], Real(0));
      }
      const std::vector<Real> q = phi<Real>(call, in, kv_head, in.q.data + *row * p.head_dim, true);
      const std::vector<Real> sums = weighed(q, blocks, block, width);
      for (size_t i = 0; i < dim; ++i) out[i] = last < 0 ? Real(0) : sums[i] / sums[dim];
    }
  }

  /// The sum over features m of q[m] (a[m] + b[m]), for rows of so many numbers. Sums over a few
  /// features are complete before they are added.
  template <class Real>
  static std::vector<Real> weighed(const std::vector<Real>& q, const Sums<Real>& a,
                                   const Sums<Real>& b, size_t width) {
    constexpr size_t kFew = 64;
    std::vector<Real> all(width);
    for (size_t first = 0; first < q.size(); first += kFew) {
      std::vector<Real> some(width);
      for (size_t m = first; m < std::min(first + kFew, q.size()); ++m)
        for (size_t i = 0; i < width; ++i) some[i] += q[m] * (a[m * width + i] + b[m * width + i]);
      for (size_t i = 0; i < width; ++i) all[i] += some[i];
    }
    return all;
  }

  template <class Real>
  static std::vector<Real> phi(const Call& call, const Inputs& in, int64_t kv_head, const float* x,
                               bool query) {
    const auto dims = static_cast<size_t>(dims_of(call)),
               dim = static_cast<size_t>(call.problem.head_dim);
    const Real factor = static_cast<Real>(factor_of(call)), root = std::sqrt(std::abs(factor));
    std::vector<Real> y(dims), features{1};
    for (size_t i = 0; i < dims; ++i) {
      if (!projects(call)) {
        y[i] = root * Real(x[i]);
        continue;
      }
      const float* const weights = in.extra[0].row(0, kv_head, static_cast<int64_t>(i));
      for (size_t j = 0; j < dim; ++j) y[i] += Real(weights[j]) * Real(x[j]);
      y[i] *= root;
    }
    for (const Real a : y) features.push_back(query && factor < 0 ? -a : a);
    for (const Real a : y)
      for (const Real b : y) features.push_back(a * b / std::sqrt(Real(2)));
    return features;
  }
};

constexpr Param kParams[] = {
    {"dims", 16, 1, kMostDims, "dims that rows of q and k are projected to, if they have more"}};

const Info kInfo{"based",
                 "weights 1 + x + x^2/2, the start of exp's Taylor series, of projected q and k",
                 Kind::kApproximate,
                 "Arora et al. 2024, Simple linear attention language models (Based)",
                 kParams,
                 1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Based, attnbench::kInfo)
