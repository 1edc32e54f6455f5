// The backward pass of chunked: the weights of each chunk are computed again, from the logarithm of
// each query's sum.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/lone_gradient.h"
#include "kernels/matrix.h"
#include "kernels/visible.h"

namespace attnbench::chunked {

/// Query rows of a task. A thread holds the summaries of that many rows.
inline constexpr int64_t kTaskRows = 64;

/// How many query rows are attended together, at most kTaskRows, and how many keys a chunk has.
struct Cut {
  int64_t rows, keys;
};

/// Some rows of one head, and one chunk of its keys; a thread's scratch holds their weights, the
/// gradients of q·k, and what the chunk adds to d_q.
struct Block {
  int64_t batch, head, first_row, rows, first_key, keys;
  const float* delta;  ///< Of each row, QueryBackward::delta_of().
};

inline int64_t scratch_floats(const Problem& p, const Cut& cut) {
  return kernels::round_up(cut.rows * (2 * cut.keys + p.head_dim), 16);
}

inline Count backward_bytes(const Call& call, const Cut& cut) {
  return count(call.threads, scratch_floats(call.problem, cut), sizeof(float));
}

class Backward {
 public:
  Backward(const Exact& pattern, const kernels::Backward& task, const Cut& cut, float* scratch)
      : pattern_(pattern), task_(task), problem_(task.call.problem), cut_(cut), scratch_(scratch) {}

  void run() const {
    kernels::for_rows_then_keys(task_, cut_.rows, cut_.keys,
                                [this](int64_t batch, int64_t head, int64_t first_row,
                                       const kernels::WantedGradients& wanted, int thread) {
                                  pull_rows(batch, head, first_row, wanted, thread);
                                });
  }

 private:
  /// What some query rows are wanted for, chunk by chunk.
  void pull_rows(int64_t batch, int64_t head, int64_t first_row,
                 const kernels::WantedGradients& wanted, int thread) const {
    const Problem& p = problem_;
    const int64_t rows = std::min(cut_.rows, p.q_len - first_row);
    float* const d_q = task_.gradients.q.row(batch, head, first_row);
    if (wanted.d_q) std::fill_n(d_q, rows * p.head_dim, 0.0f);
    const int64_t seen = kernels::allowed_keys(p, first_row + rows - 1).end;
    const int64_t begin = wanted.d_q ? 0 : wanted.keys.begin;
    const int64_t end = wanted.d_q ? seen : std::min(seen, wanted.keys.end);
    if (begin >= end) return;
    float delta[kTaskRows];
    for (int64_t i = 0; i < rows; ++i)
      delta[i] = kernels::QueryBackward::delta_of(task_, batch, head, first_row + i);
    for (int64_t key = begin; key < end; key += cut_.keys)
      pull_block({batch, head, first_row, rows, key, std::min(cut_.keys, p.kv_len - key), delta},
                 wanted, scratch_ + thread * scratch_floats(p, cut_));
    for (int64_t query = first_row; wanted.d_q && query < first_row + rows; ++query)
      kernels::mend_d_q(task_, batch, head, query,
                        [&](KeySpans& spans) { pattern_.visible_keys(task_.call, query, spans); });
  }

  void pull_block(const Block& block, const kernels::WantedGradients& wanted,
                  float* scratch) const {
    using namespace kernels;
    const int64_t head_dim = problem_.head_dim, kv_head = task_.kv_head_of(block.head);
    const float* const q = task_.inputs.q.row(block.batch, block.head, block.first_row);
    const float* const d_out = task_.d_out.row(block.batch, block.head, block.first_row);
    const float* const k = task_.inputs.k.row(block.batch, kv_head, block.first_key);
    const float* const v = task_.inputs.v.row(block.batch, kv_head, block.first_key);
    float* const weights = scratch;
    float* const pulls = weights + cut_.rows * cut_.keys;
    multiply_keys(q, block.rows, k, block.keys, head_dim, weights, block.keys);
    multiply_keys(d_out, block.rows, v, block.keys, head_dim, pulls, block.keys);
    for (int64_t i = 0; i < block.rows; ++i)
      pull_row(block, i, weights + i * block.keys, pulls + i * block.keys);
    if (wanted.d_q) {
      float* const added = pulls + cut_.rows * cut_.keys;
      multiply_values(pulls, block.keys, block.rows, k, block.keys, head_dim, added);
      add_scaled(1, added, block.rows * head_dim,
                 task_.gradients.q.row(block.batch, block.head, block.first_row));
    }
    if (block.first_key < wanted.keys.begin || block.first_key >= wanted.keys.end) return;
    add_transposed_product(weights, block.keys, block.rows, block.keys, d_out, head_dim,
                           task_.gradients.v.row(block.batch, kv_head, block.first_key));
    add_transposed_product(pulls, block.keys, block.rows, block.keys, q, head_dim,
                           task_.gradients.k.row(block.batch, kv_head, block.first_key));
  }

  /// Turns one row's products into weights and gradients of q·k. Those of keys that the query does
  /// not see are zero, whatever their products are.
  void pull_row(const Block& block, int64_t row, float* weights, float* pulls) const {
    const int64_t query = block.first_row + row;
    const int64_t seen = std::clamp<int64_t>(
        kernels::allowed_keys(problem_, query).end - block.first_key, 0, block.keys);
    const kernels::QueryBackward backward(task_, block.batch, block.head, query, block.delta[row]);
    backward.weigh(block.first_key, seen, weights, pulls);
    for (float* x : {weights, pulls}) std::fill(x + seen, x + block.keys, 0.0f);
  }

  const Exact& pattern_;
  const kernels::Backward& task_;
  const Problem& problem_;
  Cut cut_;
  float* scratch_;
};

}  // namespace attnbench::chunked
