// Plain, right variants that can be trained, which tests break.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attnbench/training.h"
#include "plain_variant.h"

namespace attnbench::test {

/// Plain, which keeps the logarithm of each row's sum of exponentials for its backward pass.
class PlainTrained : public Plain, public Differentiable {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  Count saved_bytes(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return count(p.batch, p.heads, p.q_len, sizeof(float));
  }
  Count training_workspace_bytes(const Call& call) const noexcept override {
    return workspace_bytes(call);
  }
  Theory training_theory(const Call&) const noexcept override { return {{2, 0}, {1, 0}}; }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    auto* const scores = reinterpret_cast<float*>(scratch.data);
    auto* logarithm = reinterpret_cast<float*>(saved.data);
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i) {
          attend(call.problem, in, b, h, i, out.row(b, h, i), scores);
          *logarithm++ = log_of_sum(scores, keys_seen(call.problem, i));
        }
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    for (const Tensor<float>& t : {g.q, g.k, g.v}) std::fill_n(t.data, t.size(), 0.0f);
    add_gradients(call.problem, in, out, reinterpret_cast<const float*>(saved.data), d_out, g);
  }

 protected:
  /// Adds to what the gradients hold.
  static void add_gradients(const Problem& p, const Inputs& in, const Tensor<const float>& out,
                            const float* logarithm, const Tensor<const float>& d_out,
                            const Gradients& g) {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i)
          add_row(p, in, b, h, i, out.row(b, h, i), *logarithm++, d_out.row(b, h, i), g);
  }

 private:
  static float log_of_sum(const float* scores, int64_t keys) {
    if (keys == 0) return 0;
    const float top = *std::max_element(scores, scores + keys);
    float sum = 0;
    for (int64_t j = 0; j < keys; ++j) sum += std::exp(scores[j] - top);
    return top + std::log(sum);
  }

  static float dot(const float* a, const float* b, int64_t dim) {
    float sum = 0;
    for (int64_t d = 0; d < dim; ++d) sum += a[d] * b[d];
    return sum;
  }

  static void add_row(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t i,
                      const float* out, float logarithm, const float* d_out, const Gradients& g) {
    const int64_t head = h / (p.heads / p.kv_heads);
    const auto scale = static_cast<float>(score_scale(p)), cap = static_cast<float>(p.softcap);
    const auto slope = static_cast<float>(p.alibi ? alibi_slope(p, h) : 0);
    const float delta = dot(out, d_out, p.head_dim);
    const float* const q = in.q.row(b, h, i);
    for (int64_t j = 0; j < keys_seen(p, i); ++j) {
      const float *k = in.k.row(b, head, j), *v = in.v.row(b, head, j);
      float score = dot(q, k, p.head_dim) * scale, bend = 1;
      if (cap > 0) {
        const float bent = std::tanh(score / cap);
        score = cap * bent;
        bend = 1 - bent * bent;
      }
      score -= slope * std::abs(static_cast<float>(aligned_position(p, i) - j));
      const float weight = std::exp(score - logarithm);
      const float d_score = weight * (dot(d_out, v, p.head_dim) - delta) * bend * scale;
      for (int64_t d = 0; d < p.head_dim; ++d) {
        g.q.row(b, h, i)[d] += d_score * k[d];
        g.k.row(b, head, j)[d] += d_score * q[d];
        g.v.row(b, head, j)[d] += weight * d_out[d];
      }
    }
  }
};

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
