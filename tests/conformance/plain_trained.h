// A plain, right variant that defines its gradients, which tests break.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/training.h"
#include "plain_variant.h"

namespace attnbench::test {

/// No attention, but w * v + q^2 / 2 at each query's position, with a learned w of one row; v
/// counts as 0 before the first key.
template <class Self>
class ScaledValues : public Defines<Self>, public DefinesGradients<Self> {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    inputs.add({"w", 1, 1, 1, call.problem.head_dim, Fill::kNormal, 1, 0, true});
  }
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count elements = count(p.batch, p.heads, p.q_len, p.head_dim);
    return {count(4, elements), count(3, elements, sizeof(float))};
  }
  Cost backward_cost(const Call& call) const noexcept override { return cost(call); }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Count saved_bytes(const Call&) const noexcept override { return {}; }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }
  Theory training_theory(const Call&) const noexcept override { return {{1}, {0}}; }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t row : rows) out = write_row(call.problem, in, row, out);
  }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    for (int64_t row = 0; row < out.size() / out.dim; ++row)
      write_row(call.problem, in, row, out.data + row * out.dim);
  }
  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace&, const Workspace& scratch) const noexcept override {
    forward(call, in, out, scratch);
  }

  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    add(call.problem, in, d_out, to.q, to.v, to.extra[0]);
  }
  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    for (const Tensor<float>& t : {g.q, g.k, g.v, g.extra[0]}) std::fill_n(t.data, t.size(), 0.0f);
    add(call.problem, in, d_out, g.q.data, g.v.data, g.extra[0].data);
  }

 private:
  /// The index of the first element of v at the position of an output row; negative before the
  /// first key.
  static int64_t value_of(const Problem& p, int64_t row) {
    const int64_t b = row / p.q_len / p.heads, h = row / p.q_len % p.heads;
    const int64_t at = aligned_position(p, row % p.q_len);
    if (at < 0) return -1;
    return ((b * p.kv_heads + h / (p.heads / p.kv_heads)) * p.kv_len + at) * p.head_dim;
  }

  template <class Real>
  static Real* write_row(const Problem& p, const Inputs& in, int64_t row, Real* out) {
    const int64_t value = value_of(p, row);
    for (int64_t d = 0; d < p.head_dim; ++d) {
      const auto q = Real(in.q.data[row * p.head_dim + d]), w = Real(in.extra[0].data[d]);
      *out++ = (value < 0 ? 0 : w * Real(in.v.data[value + d])) + q * q / 2;
    }
    return out;
  }

  template <class Real>
  static void add(const Problem& p, const Inputs& in, const Tensor<const float>& d_out, Real* d_q,
                  Real* d_v, Real* d_w) {
    for (int64_t row = 0; row < p.batch * p.heads * p.q_len; ++row) {
      const int64_t value = value_of(p, row);
      for (int64_t d = 0; d < p.head_dim; ++d) {
        const auto given = Real(d_out.data[row * p.head_dim + d]);
        d_q[row * p.head_dim + d] = Real(in.q.data[row * p.head_dim + d]) * given;
        if (value < 0) continue;
        d_v[value + d] += Real(in.extra[0].data[d]) * given;
        d_w[d] += Real(in.v.data[value + d]) * given;
      }
    }
  }
};

}  // namespace attnbench::test
