// The gradients of exact attention over whichever keys a pattern says are visible: the scores are
// computed again from what forward kept, block by block (Dao et al. 2022, algorithm 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attnbench/training.h"
#include "kernels/engine.h"

namespace attnbench::kernels {

/// What attend() keeps for the backward pass: a float for each row.
Count log_sum_bytes(const Call& call) noexcept;

/// The exact scratch, in bytes, of attend_backward(): the same for every length, and at most 2 MiB
/// a thread.
Count backward_bytes(const Call& call, std::span<const Pass> passes) noexcept;

/// One call of Differentiable::backward. `log_sums` are those that attend() wrote; null for kernels
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
};

/// Whether a backward pass is done soonest if each thread takes whole key heads, and so computes
/// each score once, in five products a pair. Else all threads share the queries and then the keys
/// of each head, in seven products.
constexpr bool takes_whole_heads(int64_t threads, int64_t heads) {
  const int64_t turns = (heads + threads - 1) / threads;
  return 5 * turns * threads <= 7 * heads;
}

/// Computes the gradients. `passes` are one or two patterns without a common key, and together all
/// that each query sees. Scratch is backward_bytes() long, and aligned to 64 bytes.
void attend_backward(std::span<const Pass> passes, const Backward& task,
                     std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
