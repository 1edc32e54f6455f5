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

/// The kernel's features are this many times as large, so that few products of them underflow.
constexpr float kFeatureScale = 0x1p24f;

/// elu(x) + 1, which is x + 1 if x > 0 and else exp(x). Times kFeatureScale.
class EluPlusOne final : public kernels::TrainableMap {
 public:
  int64_t features(const Problem& p) const noexcept override { return p.head_dim; }
  float divisor(float weights) const noexcept override {
    return weights + static_cast<float>(kEpsilon) * kFeatureScale * kFeatureScale;
  }

  void map(const Problem& p, const kernels::RowsToMap& rows) const noexcept override {
    using namespace kernels;
    const Lanes d;
    const int64_t whole = p.head_dim / kLanes * kLanes, pitch = rows.pitch;
    const float* from = rows.from;
    float* out = rows.out;
    for (int64_t row = 0; row < rows.rows; ++row, from += p.head_dim, out += pitch) {
      for (int64_t i = 0; i < whole; i += kLanes)
        hn::Store(features_of(hn::LoadU(d, from + i)), d, out + i);
      if (whole == pitch) continue;
      std::fill(std::copy(from + whole, from + p.head_dim, out + whole), out + pitch, 0.0f);
      for (int64_t i = whole; i < pitch; i += kLanes)
        hn::Store(features_of(hn::Load(d, out + i)), d, out + i);
      std::fill(out + p.head_dim, out + pitch, 0.0f);
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
  static kernels::Vec features_of(kernels::Vec x) {
    using namespace kernels;
    const Lanes d;
    const Vec scale = hn::Set(d, kFeatureScale);
    // Of NaN and a number, Min and Max take the second argument, so that NaN goes through.
    const Vec below = hn::Max(hn::Set(d, -200.0f), hn::Min(hn::Zero(d), x));
    // e^x is a denormal below -87, and so flushed; e^x 2^64 is not, times a smaller scale.
    const auto tiny = hn::Lt(below, hn::Set(d, -44.0f));
    const Vec shift = hn::IfThenElseZero(tiny, hn::Set(d, 64.0f));
    const Vec factor = hn::IfThenElse(tiny, hn::Set(d, kFeatureScale * 0x1p-64f), scale);
    const Vec power = hn::Mul(exp(d, below, shift), factor);
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::MulAdd(x, scale, scale), power);
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
