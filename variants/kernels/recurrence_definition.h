// For definitions of recurrent layers: their products, and their gradients but for the cell, by a
// walk forward that keeps the states and a walk back. Plain loops.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnbench/training.h"
#include "kernels/recurrence.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// W, U and b of some gates. The matrices are transposed, since loops along the rows of a product
/// run several times as fast as those that go from row to row; a sum is that of add_weighed().
class LayerWeights {
 public:
  LayerWeights(const Inputs& in, int64_t gates, int64_t width)
      : width_(width),
        sums_(gates * width),
        bias_(in.extra[kBias].data),
        by_column_{transposed(in.extra[kInputWeights]), transposed(in.extra[kRecurrentWeights])} {}

  /// W x + b of all gates.
  template <class Real>
  std::vector<Real> of_token(const Real* x) const {
    std::vector<Real> sums(bias_, bias_ + sums_);
    add_weighed_rows(by_column_[0].data(), width_, sums_, x, sums.data());
    return sums;
  }
  /// sums += U h.
  template <class Real>
  void add_state(const Real* h, Real* sums) const {
    add_weighed_rows(by_column_[1].data(), width_, sums_, h, sums);
  }

 private:
  std::vector<float> transposed(const Tensor<const float>& weights) const {
    std::vector<float> to(static_cast<size_t>(weights.size()));
    for (int64_t i = 0; i < sums_; ++i)
      for (int64_t j = 0; j < width_; ++j)
        to[static_cast<size_t>(j * sums_ + i)] = weights.data[i * width_ + j];
    return to;
  }

  int64_t width_, sums_;
  const float* bias_;
  std::vector<float> by_column_[2];
};

/// Defines the gradients of a layer whose step(x, state) is that of define_by_steps(), and whose
///   back(x, before, after, d_state, d_inputs, d_sums)
/// gets the states before and after a step and d_state, the gradient with respect to that after. It
/// fills d_inputs and d_sums [gates * width], those with respect to W x + b and to U h, and leaves
/// in d_state what reaches the state before by another way than U. Weights' gradients are summed up
/// in blocks of steps.
template <class Real, class Step, class Back>
void define_gradients_by_steps(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                               const DefinedGradients<Real>& to, int64_t gates, int64_t size,
                               const Step& step, const Back& back) {
  constexpr int64_t kBlock = 128;
  const Problem& p = call.problem;
  const int64_t width = token_width(p), sums = gates * width;
  const auto zeros = [](int64_t count) { return std::vector<Real>(static_cast<size_t>(count)); };
  std::vector<Real> states = zeros((p.kv_len + 1) * size), d_state = zeros(size),
                    d_x = zeros(width);
  std::vector<Real> tokens = zeros(kBlock * width), d_inputs = zeros(kBlock * sums),
                    d_sums = d_inputs;
  const auto state = [&](int64_t t) { return states.data() + t * size; };  // Before step t.
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t t = 0; t < p.kv_len; ++t) {
      copy_token(in.v, b, t, d_x.data());
      std::copy_n(state(t), size, state(t + 1));
      step(d_x.data(), state(t + 1));
    }
    std::fill(d_state.begin(), d_state.end(), Real(0));
    for (int64_t end = p.kv_len, first = 0; end > 0; end = first) {
      first = (end - 1) / kBlock * kBlock;
      for (int64_t t = end; t-- > first;) {
        Real* const x = tokens.data() + (t - first) * width;
        Real* const d_input = d_inputs.data() + (t - first) * sums;
        Real* const d_sum = d_sums.data() + (t - first) * sums;
        copy_token(in.v, b, t, x);
        if (const int64_t query = t - (p.kv_len - p.q_len); query >= 0)
          for (int64_t i = 0; i < width; ++i)
            d_state[static_cast<size_t>(i)] +=
                static_cast<Real>(d_out.row(b, i / p.head_dim, query)[i % p.head_dim]);
        back(x, state(t), state(t + 1), d_state.data(), d_input, d_sum);
        add_weighed_rows(in.extra[kRecurrentWeights].data, sums, width, d_sum, d_state.data());
        std::fill(d_x.begin(), d_x.end(), Real(0));
        add_weighed_rows(in.extra[kInputWeights].data, sums, width, d_input, d_x.data());
        add_to_token(p, b, t, d_x.data(), to.v);
      }
      const int64_t steps = end - first;
      const Real one = 1;
      add_outer_products(d_inputs.data(), sums, tokens.data(), width, width, steps,
                         to.extra[kInputWeights]);
      add_outer_products(d_sums.data(), sums, state(first), size, width, steps,
                         to.extra[kRecurrentWeights]);
      add_outer_products(d_inputs.data(), sums, &one, 0, 1, steps, to.extra[kBias]);
    }
  }
}

}  // namespace attnbench::kernels
