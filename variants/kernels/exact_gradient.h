// What all backward passes of exact attention share: what they are given, and how it is shared out
// among threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/training.h"
#include "kernels/divide.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {

/// What forward keeps for a backward pass that computes the weights again: a float for each row,
/// the logarithm to base 2 of its sum of weights.
inline Count log_sum_bytes(const Call& call) noexcept {
  const Problem& p = call.problem;
  return count(p.batch, p.heads, p.q_len, sizeof(float));
}

/// One call of Differentiable::backward. `log_sums` are those that forward wrote; null for kernels
/// that keep the weights themselves.
struct Backward {
  const Call& call;
  const Inputs& inputs;
  Tensor<const float> out;
  const float* log_sums;
  Tensor<const float> d_out;
  const Gradients& gradients;

  /// The key head that a query head reads.
  int64_t kv_head_of(int64_t head) const {
    return head / (call.problem.heads / call.problem.kv_heads);
  }
  /// Sets d_k and d_v of some keys of a key head to zero, before queries add to them.
  void clear_keys(int64_t batch, int64_t kv_head, const Range& keys) const {
    for (const Tensor<float>* to : {&gradients.k, &gradients.v})
      std::fill_n(to->row(batch, kv_head, keys.begin), (keys.end - keys.begin) * to->dim, 0.0f);
  }
};

/// Which gradients a query's work is for.
struct WantedGradients {
  bool d_q;
  Range keys;  ///< Those of whose d_k and d_v the query adds its part.
};

/// Whether a backward pass is done soonest if each thread takes whole key heads, and so computes
/// each score once, in five products a pair. Else all threads share the queries and then the keys
/// of each head, in seven products.
constexpr bool takes_whole_heads(int64_t threads, int64_t heads) {
  const int64_t turns = (heads + threads - 1) / threads;
  return 5 * turns * threads <= 7 * heads;
}

/// Does a backward pass in one sweep over whole key heads, or in two, over rows and then over keys.
/// pull(batch, head, first_row, wanted, thread) does what is wanted of up to `rows` query rows of a
/// head. In the second sweep a task has `keys` keys. Either way a number gets the same terms in the
/// same order, if pull() sees to that for its rows and keys, and so the same bits.
template <class Pull>
void for_rows_then_keys(const Backward& task, int64_t rows, int64_t keys, const Pull& pull) {
  const Problem& p = task.call.problem;
  const int threads = task.call.threads;
  const int64_t heads = p.batch * p.kv_heads, group = p.heads / p.kv_heads;
  const bool whole_heads = takes_whole_heads(threads, heads);
  if (!whole_heads) {
    const int64_t tasks = divide_up(p.q_len, rows);
    for_each_task(threads, p.batch * p.heads * tasks, [&](int64_t at, int thread) {
      const int64_t head = at / tasks;
      pull(head / p.heads, head % p.heads, at % tasks * rows, WantedGradients{true, {0, 0}},
           thread);
    });
  }
  if (whole_heads) keys = p.kv_len;
  const int64_t tasks = divide_up(p.kv_len, keys);
  for_each_task(threads, heads * tasks, [&](int64_t at, int thread) {
    const int64_t batch = at / tasks / p.kv_heads, kv_head = at / tasks % p.kv_heads;
    const int64_t first = at % tasks * keys;
    const WantedGradients wanted{whole_heads, {first, std::min(first + keys, p.kv_len)}};
    task.clear_keys(batch, kv_head, wanted.keys);
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
      for (int64_t row = 0; row < p.q_len; row += rows) pull(batch, head, row, wanted, thread);
  });
}

}  // namespace attnbench::kernels
