// The backward pass of chunked: the weights of each chunk are computed again, from the logarithm of
// each query's sum.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/lone_gradient.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench::chunked {

/// How many query rows are attended together, and how many keys a chunk has.
struct Cut {
  int64_t rows, keys;
};

/// Some rows of one head, and one chunk of its keys; a thread's scratch holds their weights, the
/// gradients of q·k, and what the chunk adds to d_q.
struct Block {
  int64_t batch, head, first_row, rows, first_key, keys;
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
    const Problem& p = problem_;
    const int threads = task_.call.threads;
    const int64_t heads = p.batch * p.kv_heads;
    const bool whole_heads = kernels::takes_whole_heads(threads, heads);
    const int64_t row_tasks = kernels::divide_up(p.q_len, cut_.rows);
    if (!whole_heads) {
      kernels::for_each_task(threads, p.batch * p.heads * row_tasks, [&](int64_t task, int thread) {
        const int64_t head = task / row_tasks;
        pull_rows(head / p.heads, head % p.heads, task % row_tasks * cut_.rows, {true, {0, 0}},
                  thread);
      });
    }
    const int64_t keys = whole_heads ? p.kv_len : cut_.keys;
    const int64_t key_tasks = kernels::divide_up(p.kv_len, keys);
    kernels::for_each_task(threads, heads * key_tasks, [&](int64_t task, int thread) {
      const int64_t head = task / key_tasks, first = task % key_tasks * keys;
      pull_keys(head / p.kv_heads, head % p.kv_heads,
                {whole_heads, {first, std::min(first + keys, p.kv_len)}}, thread);
    });
  }

 private:
  /// The gradients of some chunks, from all queries of all heads that read them.
  void pull_keys(int64_t batch, int64_t kv_head, const kernels::WantedGradients& wanted,
                 int thread) const {
    const Problem& p = problem_;
    const auto [first, end] = wanted.keys;
    for (const Tensor<float>* to : {&task_.gradients.k, &task_.gradients.v})
      std::fill_n(to->row(batch, kv_head, first), (end - first) * p.head_dim, 0.0f);
    const int64_t group = p.heads / p.kv_heads;
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head)
      for (int64_t row = 0; row < p.q_len; row += cut_.rows)
        pull_rows(batch, head, row, wanted, thread);
  }

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
    for (int64_t key = begin; key < end; key += cut_.keys)
      pull_block({batch, head, first_row, rows, key, std::min(cut_.keys, p.kv_len - key)}, wanted,
                 scratch_ + thread * scratch_floats(p, cut_));
    for (int64_t i = 0; wanted.d_q && i < rows; ++i) {
      if (kernels::all_finite(d_q + i * p.head_dim, p.head_dim)) continue;
      kernels::LoneGradient row(task_, batch, head, first_row + i, {true, {0, 0}});
      pattern_.visible_keys(task_.call, first_row + i, row);
    }
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
    const kernels::QueryBackward backward(task_, block.batch, block.head, query);
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
