// The gradients of one query row on its own, a key at a time: slow, and untouched by what it does
// not see.
#pragma once

#include <cstdint>

#include "kernels/backward.h"
#include "kernels/exp2.h"
#include "kernels/modify.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Takes the keys that a query sees as they are stated, in any order, and adds what they contribute
/// to the query's row of d_q.
class MendedGradient final : public KeySpans {
 public:
  MendedGradient(const Backward& task, int64_t batch, int64_t head, int64_t query, float* d_q)
      : p_(task.call.problem),
        modifiers_(modifiers_of(p_)),
        scale_(static_cast<float>(score_scale(p_))),
        slope_(slope_of(p_, head)),
        position_(aligned_position(p_, query)),
        log_sum_(task.log_sums[(batch * p_.heads + head) * p_.q_len + query]),
        q_(task.inputs.q.row(batch, head, query)),
        k_(task.inputs.k.head(batch, head / (p_.heads / p_.kv_heads))),
        v_(task.inputs.v.head(batch, head / (p_.heads / p_.kv_heads))),
        d_out_(task.d_out.row(batch, head, query)),
        delta_(dot(d_out_, task.out.row(batch, head, query), p_.head_dim)),
        d_q_(d_q) {}

  void add(const KeySpan& span) noexcept override {
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      add_scaled(gradient_of_score(key), k_ + key * p_.head_dim, p_.head_dim, d_q_);
    }
  }

 private:
  float gradient_of_score(int64_t key) const {
    const auto& [factor, cap, alibi] = modifiers_;
    float x = factor * dot(q_, k_ + key * p_.head_dim, p_.head_dim);
    float slope_of_cap = 1;
    if (cap != 0) {
      modify_row({factor, cap, false}, 0, 0, 1, 1, &x);
      slope_of_cap = 1 - (x / cap) * (x / cap);
    }
    if (alibi) modify_row({factor, 0, true}, slope_, position_ - key, 1, 1, &x);
    const float gradient = dot(d_out_, v_ + key * p_.head_dim, p_.head_dim) - delta_;
    return exp2_of(x - log_sum_) * gradient * scale_ * slope_of_cap;
  }

  const Problem& p_;
  Modifiers modifiers_;
  float scale_, slope_;
  int64_t position_;
  float log_sum_;
  const float *q_, *k_, *v_, *d_out_;
  float delta_;
  float* d_q_;
};

}  // namespace attnbench::kernels
