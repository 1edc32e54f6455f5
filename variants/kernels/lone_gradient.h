// The gradients of one query on its own, a key at a time: slow, and untouched by what the query
// does not see.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/exact_gradient.h"
#include "kernels/lone_row.h"
#include "kernels/score_gradient.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Takes the keys that a query sees as they are stated. Computes the query's row of d_q anew, and
/// adds to the rows of d_k and d_v.
class LoneGradient final : public KeySpans {
 public:
  LoneGradient(const Backward& task, int64_t batch, int64_t head, int64_t query,
               const WantedGradients& wanted)
      : row_(task, batch, head, query),
        wanted_(wanted),
        head_dim_(task.call.problem.head_dim),
        q_(task.inputs.q.row(batch, head, query)),
        d_out_(task.d_out.row(batch, head, query)),
        k_(task.inputs.k.head(batch, task.kv_head_of(head))),
        v_(task.inputs.v.head(batch, task.kv_head_of(head))),
        d_q_(task.gradients.q.row(batch, head, query)),
        d_k_(task.gradients.k.head(batch, task.kv_head_of(head))),
        d_v_(task.gradients.v.head(batch, task.kv_head_of(head))) {
    if (wanted.d_q) std::fill_n(d_q_, head_dim_, 0.0f);
  }

  void add(const KeySpan& span) noexcept override {
    int64_t key = span.begin, end = span.end;
    if (!wanted_.d_q) {
      key += divide_up(std::max<int64_t>(wanted_.keys.begin - key, 0), span.step) * span.step;
      end = std::min(end, wanted_.keys.end);
    }
    for (; key < end; key += span.step) add(key);
  }

 private:
  void add(int64_t key) {
    const int64_t at = key * head_dim_;
    float weight = dot(q_, k_ + at, head_dim_);
    float pull = dot(d_out_, v_ + at, head_dim_);
    row_.weigh(key, 1, &weight, &pull);
    if (wanted_.d_q) add_scaled(pull, k_ + at, head_dim_, d_q_);
    if (key < wanted_.keys.begin || key >= wanted_.keys.end) return;
    add_scaled(pull, q_, head_dim_, d_k_ + at);
    add_scaled(weight, d_out_, head_dim_, d_v_ + at);
  }

  QueryBackward row_;
  WantedGradients wanted_;
  int64_t head_dim_;
  const float *q_, *d_out_, *k_, *v_;
  float *d_q_, *d_k_, *d_v_;
};

/// Computes a query's row of d_q anew, on its own, if it is not finite: in a block, keys that the
/// query does not see are multiplied by zero, and zero times NaN is NaN. state_keys(KeySpans&)
/// states the keys that the query sees.
template <class StateKeys>
void mend_d_q(const Backward& task, int64_t batch, int64_t head, int64_t query,
              const StateKeys& state_keys) {
  if (all_finite(task.gradients.q.row(batch, head, query), task.call.problem.head_dim)) return;
  LoneGradient alone(task, batch, head, query, {true, {0, 0}});
  state_keys(alone);
}

}  // namespace attnbench::kernels
