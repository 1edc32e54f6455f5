// linear_elu: linear attention. Each weight exp(q·k) is replaced by phi(q)·phi(k) with
// phi(x) = elu(x) + 1, so that time grows with n and not with its square.
#include <algorithm>
#include <vector>

#include "attnbench/register.h"
#include "attnbench/training.h"
#include "kernels/exp2.h"
#include "kernels/linear_backward.h"
#include "kernels/vectors.h"
#include "linear/linear_elu_gradients.h"

namespace attnbench {
namespace {

using linear_elu::kEpsilon;

/// The kernel's features are 2^24 times as large, so that few products of them underflow.
constexpr int kFeatureExponent = 24;
constexpr float kFeatureScale = 1 << kFeatureExponent;

/// elu(x) + 1, which is x + 1 if x > 0 and else exp(x). Times kFeatureScale.
class EluPlusOne final : public kernels::TrainableMap {
 public:
  int64_t features(const Problem& p) const noexcept override { return p.head_dim; }
  float divisor(float weights) const noexcept override {
    return weights + static_cast<float>(kEpsilon) * kFeatureScale * kFeatureScale;
  }

  void map(const Problem& p, const kernels::RowsToMap& rows) const noexcept override {
    using namespace kernels;
    const int64_t dim = p.head_dim, pitch = rows.pitch;
    if (dim == pitch) return map_vectors(rows.from, rows.rows * dim, rows.out);
    const int64_t whole = dim / kLanes * kLanes;
    for (int64_t row = 0; row < rows.rows; ++row) {
      const float* const from = rows.from + row * dim;
      float* const out = rows.out + row * pitch;
      map_vectors(from, whole, out);
      std::fill(std::copy(from + whole, from + dim, out + whole), out + pitch, 0.0f);
      map_vectors(out + whole, pitch - whole, out + whole);
      std::fill(out + dim, out + pitch, 0.0f);
    }
  }

  /// The derivative of phi is 1 if x > 0 and else exp(x), which is phi: the smaller one of 1 and
  /// phi.
  void pull_back(const Problem& p, const kernels::RowsToMap& rows, const float* gradients,
                 int64_t pitch, float* to) const noexcept override {
    using namespace kernels;
    const float* features = rows.out;
    for (int64_t row = 0; row < rows.rows; ++row) {
      for_each_vector(p.head_dim, [&](auto d, int64_t i) {
        const auto derivative = hn::Min(hn::LoadU(d, features + i), hn::Set(d, kFeatureScale));
        hn::StoreU(hn::Mul(derivative, hn::LoadU(d, gradients + i)), d, to + i);
      });
      features += rows.pitch, gradients += pitch, to += p.head_dim;
    }
  }

 private:
  /// The features of n floats, which are whole vectors.
  static void map_vectors(const float* from, int64_t n, float* out) {
    using namespace kernels;
    const Lanes d;
    const Vec scale = hn::Set(d, kFeatureScale);
    for (int64_t i = 0; i < n; i += kLanes) {
      const Vec x = hn::LoadU(d, from + i);
      const Vec power = exp<kFeatureExponent>(d, hn::Max(hn::Set(d, -200.0f), x));
      // NaN is not below zero, and so goes through by the line.
      const Vec line = hn::MulAdd(x, scale, scale);
      hn::Store(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, line), d, out + i);
    }
  }
};
constexpr EluPlusOne kPhi;

class LinearElu final : public Defines<LinearElu>, public DefinesGradients<LinearElu> {
 public:
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count floats = count(2, p.batch, p.heads, p.q_len, p.head_dim) +
                         count(2, p.batch, p.kv_heads, p.kv_len, p.head_dim);
    return {kernels::linear_flops(p, p.head_dim, 2 * p.head_dim), floats * count(sizeof(float))};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::linear_bytes(kPhi, call);
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// Equation 4 with the phi of equation 7, up to the query's own position if causal (equation 8):
  /// out_i = sum_j (phi(q_i)·phi(k_j)) v_j / (sum_j phi(q_i)·phi(k_j) + 1e-6). Equations 5 and 9 to
  /// 12 are the same with the sums over j drawn out, which is how the kernel works. The 1e-6 is not
  /// in the paper, but in its authors' code.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t *row = rows.begin(), *end = row; row != rows.end(); row = end) {
      const int64_t head = *row / call.problem.q_len;
      end =
          std::find_if(row, rows.end(), [&](int64_t r) { return r / call.problem.q_len != head; });
      define_head(call.problem, in, head, row, end, out);
      out += (end - row) * call.problem.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_linearly(kPhi, call, in, out, workspace.data);
  }

  const Differentiable* differentiable() const noexcept override { return this; }

  /// What the sums of each query were multiplied by.
  Count saved_bytes(const Call& call) const noexcept override {
    return count(call.problem.batch, call.problem.heads, call.problem.q_len, sizeof(float));
  }
  Count training_workspace_bytes(const Call& call) const noexcept override {
    return std::max(kernels::linear_bytes(kPhi, call), kernels::linear_backward_bytes(kPhi, call));
  }
  Theory training_theory(const Call&) const noexcept override {
    return {.time = {1}, .memory = {1}};
  }
  Cost backward_cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count floats = count(3, p.batch, p.heads, p.q_len, p.head_dim) +
                         count(4, p.batch, p.kv_heads, p.kv_len, p.head_dim);
    return {kernels::linear_backward_flops(p, p.head_dim), floats * count(sizeof(float))};
  }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept override {
    kernels::attend_linearly(kPhi, call, in, out, workspace.data,
                             reinterpret_cast<float*>(saved.data));
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    kernels::attend_linearly_backward(kPhi, call, in,
                                      {out, reinterpret_cast<const float*>(saved.data), d_out},
                                      gradients, workspace.data);
  }

  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const Problem& p = call.problem;
    for (int64_t head = 0; head < p.batch * p.kv_heads; ++head)
      linear_elu::HeadGradients<Real>(p, in, d_out, head).define(to);
  }

 private:
  /// Rows of one head. Keys come in blocks, which are summed up before they are added.
  template <class Real>
  static void define_head(const Problem& p, const Inputs& in, int64_t head, const int64_t* row,
                          const int64_t* end, Real* out) {
    constexpr int64_t kBlock = 256;
    const auto dim = static_cast<size_t>(p.head_dim);
    const int64_t batch = head / p.heads, kv_head = head % p.heads / (p.heads / p.kv_heads);
    const auto count = static_cast<size_t>(end - row);
    std::vector<Real> totals(count);
    std::fill_n(out, count * dim, Real(0));
    for (int64_t first = 0; first < p.kv_len; first += kBlock) {
      const int64_t keys = std::min(kBlock, p.kv_len - first);
      const std::vector<Real> k =
          linear_elu::phi_of<Real>(in.k.row(batch, kv_head, first), keys * p.head_dim);
      for (size_t r = 0; r < count; ++r) {
        const int64_t query = row[r] % p.q_len;
        const std::vector<Real> q =
            linear_elu::phi_of<Real>(in.q.data + row[r] * p.head_dim, p.head_dim);
        const int64_t last = p.causal ? aligned_position(p, query) : p.kv_len - 1;
        std::vector<Real> sums(dim);
        Real total = 0;
        for (int64_t j = 0; j < keys && first + j <= last; ++j) {
          Real weight = 0;
          for (size_t i = 0; i < dim; ++i) weight += q[i] * k[static_cast<size_t>(j) * dim + i];
          const float* const v = in.v.row(batch, kv_head, first + j);
          for (size_t i = 0; i < dim; ++i) sums[i] += weight * Real(v[i]);
          total += weight;
        }
        for (size_t i = 0; i < dim; ++i) out[r * dim + i] += sums[i];
        totals[r] += total;
      }
    }
    for (size_t r = 0; r < count; ++r)
      for (size_t i = 0; i < dim; ++i) out[r * dim + i] /= totals[r] + Real(kEpsilon);
  }
};

const Info kInfo{"linear_elu",
                 "weights phi(q)·phi(k) with phi = elu + 1; keys are summed up before queries come",
                 Kind::kApproximate,
                 "Katharopoulos et al. 2020, Transformers are RNNs",
                 nullptr,
                 0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::LinearElu, attnbench::kInfo)
