// A variant for tests that defines its gradients: right, or wrong in one chosen way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "defined_training.h"

namespace attnbench::measure::test {

/// A leaky sum x = decay * x + v of each head, of which every position's x is an output row. It has
/// one query for each key, and as many key heads as heads. It never reads q and k.
class TrainedLeakySum final : public DefinedTraining<TrainedLeakySum> {
 public:
  bool forgets_decay = false;                ///< Writes a gradient of the decay that is 0.
  bool cuts_off = false;                     ///< Ends the recurrence after 16 steps back.
  double stray = 0;                          ///< Relative error of the first row of d_v.
  bool is_learned = true;                    ///< Whether the decay is.
  double definition_factor = 1;              ///< The definition of d_v is wrong by this factor.
  bool overflows_in_float = false;           ///< An intermediate of the definition is beyond float.
  mutable std::atomic<int> evaluations = 0;  ///< Of the gradients' definition, in float.
  /// Relative error of d_v by the definition in float, from its fifth evaluation on.
  double late_stray = 0;

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    inputs.add({"shift", 1, 1, 1, 1, Fill::kConstant, 1, 0});  // Of no effect.
    inputs.add({"decay", 1, call.problem.heads, 1, 1, Fill::kSigmoid, 1, 1, is_learned});
  }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t row : rows) {
      const Problem& p = call.problem;
      const int64_t head = row / p.q_len;
      const std::vector<Real> x = states<Real>(in, head / p.heads, head % p.heads);
      for (int64_t d = 0; d < p.head_dim; ++d)
        *out++ = x[static_cast<size_t>(row % p.q_len * p.head_dim + d)];
    }
  }

  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const bool is_late = std::is_same_v<Real, float> && ++evaluations > 4;
    const Real factor = Real(definition_factor) * Real(1 + (is_late ? late_stray : 0));
    const Real big = overflows_in_float ? Real(1e30) * Real(1e30) : Real(1);
    fill(call, in, d_out, to, false);
    for (int64_t i = 0; i < in.v.size(); ++i) to.v[i] *= factor * big / big;
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    for (const Tensor<float>& tensor : {g.q, g.k, g.v})
      std::fill_n(tensor.data, tensor.size(), 0.0f);
    std::vector<float> d_decay(static_cast<size_t>(call.problem.heads));
    float* const extra[] = {nullptr, d_decay.data()};
    fill(call, in, d_out, DefinedGradients<float>{g.q.data, g.k.data, g.v.data, extra}, true);
    if (forgets_decay) std::fill(d_decay.begin(), d_decay.end(), 0.0f);
    if (is_learned) std::copy(d_decay.begin(), d_decay.end(), g.extra[1].data);
    for (int64_t d = 0; d < call.problem.head_dim; ++d)
      g.v.data[d] *= static_cast<float>(1 + stray);
  }

 private:
  template <class Real>
  std::vector<Real> states(const Inputs& in, int64_t b, int64_t h) const {
    const Real decay = *in.extra[1].row(0, h, 0);
    std::vector<Real> x(static_cast<size_t>(in.v.len * in.v.dim));
    for (size_t i = 0; i < x.size(); ++i) {
      const auto dim = static_cast<size_t>(in.v.dim);
      x[i] = (i < dim ? Real(0) : decay * x[i - dim]) + Real(in.v.head(b, h)[i]);
    }
    return x;
  }

  /// As a kernel, sums the gradient of the decay by dimensions first, and differs by the errors
  /// that are asked for.
  template <class Real>
  void fill(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
            const DefinedGradients<Real>& to, bool kernel) const {
    const Problem& p = call.problem;
    const auto dim = static_cast<size_t>(p.head_dim);
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h) {
        const Real decay = *in.extra[1].row(0, h, 0);
        const std::vector<Real> x = states<Real>(in, b, h);
        std::vector<Real> g(dim), by_dim(dim);
        for (int64_t t = p.kv_len - 1; t >= 0; --t) {
          Real by_step = 0;
          for (size_t d = 0; d < dim; ++d) {
            const bool cut = kernel && cuts_off && t % 16 == 15;
            g[d] = Real(d_out.row(b, h, t)[d]) + (cut ? Real(0) : decay * g[d]);
            to.v[((b * p.heads + h) * p.kv_len + t) * p.head_dim + static_cast<int64_t>(d)] = g[d];
            const Real part = t == 0 ? Real(0) : g[d] * x[static_cast<size_t>(t - 1) * dim + d];
            by_step += part;
            by_dim[d] += part;
          }
          if (!kernel && to.extra[1] != nullptr) to.extra[1][h] += by_step;
        }
        for (size_t d = 0; kernel && d < dim; ++d) to.extra[1][h] += by_dim[d];
      }
  }
};

}  // namespace attnbench::measure::test
