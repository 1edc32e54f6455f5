// A backward call for tests, with all memory that it reads and writes.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/check_gradients.h"
#include "measure/inputs.h"
#include "trained_variants.h"

namespace attnbench::measure::test {

/// A backward call on one problem. d_out is 0 but for `kept` rows, if that is not 0.
struct BackwardTrial {
  Problem problem;
  Trained variant;
  InputSet inputs;
  std::vector<float> d_out, d_q, d_k, d_v;

  BackwardTrial(const Trained& v, const Problem& p, InputStyle style = InputStyle::kNormal,
                int64_t kept = 0, uint64_t seed = 3)
      : problem(p),
        variant(v),
        inputs(p, seed, style),
        d_out(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim)),
        d_q(d_out),
        d_k(static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim)),
        d_v(d_k) {
    fill_d_out(of_out(d_out), seed);
    if (kept > 0) keep_few_rows(of_out(d_out), kept, seed);
    run();
  }
  void run() {
    poison(gradients());
    variant.backward(call(), inputs.view(), {}, {}, d_out_tensor(), gradients(), {});
  }
  Tensor<float> of_out(std::vector<float>& x) const {
    return {x.data(), problem.batch, problem.heads, problem.q_len, problem.head_dim};
  }
  Tensor<float> of_key(std::vector<float>& x) const {
    return {x.data(), problem.batch, problem.kv_heads, problem.kv_len, problem.head_dim};
  }
  Tensor<const float> d_out_tensor() const {
    return {d_out.data(), problem.batch, problem.heads, problem.q_len, problem.head_dim};
  }
  Gradients gradients() { return {of_out(d_q), of_key(d_k), of_key(d_v), nullptr, 0}; }
  Call call() const { return {problem, nullptr, 1}; }
  Verdict judge(int64_t max_rows = 1 << 20) {
    const Gradients g = gradients();
    const Call c = call();
    const Inputs in = inputs.view();
    return check_gradients({variant, c, in, d_out_tensor(), g}, max_rows, 1);
  }
};

}  // namespace attnbench::measure::test
