// The gradients of dense attention, by the textbook: d_v = P^T d_out, dP = d_out v^T,
// dS = P (dP - d_out·out), d_q = dS k, d_k = dS^T q.
#include "kernels/dense_backward.h"

#include <algorithm>

#include "kernels/dense.h"
#include "kernels/dense_rows.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"

namespace attnbench::kernels {
namespace {

bool computes_scores(const Problem& p, bool recomputes) {
  return recomputes || p.softcap != 0;
}

/// All pairs [batch, heads, q_len, kv_len].
struct Pairs {
  bool keeps_weights;  ///< Whether forward kept them; else they are computed from the scores.
  Tensor<const float> weights;
  Tensor<float> scores;  ///< data is null if they are not computed.
  Tensor<float> pulls;   ///< d_out·v, and then the gradients of q·k.
};

/// Multiplies q by k, and d_out by v.
void multiply(const Backward& task, const Pairs& pairs, const RowBlock& block) {
  const Problem& p = task.call.problem;
  const auto [batch, head, kv_head, first, rows] = block;
  if (pairs.scores.data != nullptr)
    multiply_keys(task.inputs.q.row(batch, head, first), rows, task.inputs.k.head(batch, kv_head),
                  p.kv_len, p.head_dim, pairs.scores.row(batch, head, first), p.kv_len);
  multiply_keys(task.d_out.row(batch, head, first), rows, task.inputs.v.head(batch, kv_head),
                p.kv_len, p.head_dim, pairs.pulls.row(batch, head, first), p.kv_len);
}

/// Turns one query's products into weights, if they are to be computed again, and gradients. Those
/// of keys that it does not see become zero, whatever their products are.
void pull(const Exact& pattern, const Backward& task, const Pairs& pairs, int64_t batch,
          int64_t head, int64_t query) {
  const int64_t keys = task.call.problem.kv_len;
  const QueryBackward row(task, batch, head, query);
  float* const pulls = pairs.pulls.row(batch, head, query);
  float* const scores =
      pairs.scores.data == nullptr ? nullptr : pairs.scores.row(batch, head, query);
  if (pairs.keeps_weights) {
    row.pull(pairs.weights.row(batch, head, query), keys, scores, pulls);
  } else {
    row.weigh(0, keys, scores, pulls);
    hide_unseen(pattern, task.call, query, scores);
  }
  hide_unseen(pattern, task.call, query, pulls);
}

/// Adds up a row of d_q from the keys that its query sees and from no others.
class SeenKeys final : public KeySpans {
 public:
  SeenKeys(const float* pulls, const float* k, int64_t head_dim, float* d_q)
      : pulls_(pulls), k_(k), head_dim_(head_dim), d_q_(d_q) {
    std::fill_n(d_q, head_dim, 0.0f);
  }
  void add(const KeySpan& span) noexcept override {
    for (int64_t key = span.begin; key < span.end; key += span.step)
      add_scaled(pulls_[key], k_ + key * head_dim_, head_dim_, d_q_);
  }

 private:
  const float *pulls_, *k_;
  int64_t head_dim_;
  float* d_q_;
};

void pull_queries(const Exact& pattern, const Backward& task, const Pairs& pairs,
                  const RowBlock& block) {
  const Problem& p = task.call.problem;
  const float* const k = task.inputs.k.head(block.batch, block.kv_head);
  const Tensor<float>& d_q = task.gradients.q;
  multiply_values(pairs.pulls.row(block.batch, block.head, block.first_row), p.kv_len, block.rows,
                  k, p.kv_len, p.head_dim, d_q.row(block.batch, block.head, block.first_row));
  for (int64_t i = block.first_row; i < block.first_row + block.rows; ++i) {
    float* const row = d_q.row(block.batch, block.head, i);
    // Zero times a NaN that is not seen, as in mend_d_q(). Here the gradients of q·k are at hand.
    if (all_finite(row, p.head_dim)) continue;
    SeenKeys seen(pairs.pulls.row(block.batch, block.head, i), k, p.head_dim, row);
    pattern.visible_keys(task.call, i, seen);
  }
}

/// Sums up the gradients of some keys and their values, over the queries of all heads that read
/// them.
void pull_keys(const Backward& task, const Pairs& pairs, int64_t batch, int64_t kv_head,
               int64_t first_key, int64_t keys) {
  const Problem& p = task.call.problem;
  float* const d_k = task.gradients.k.row(batch, kv_head, first_key);
  float* const d_v = task.gradients.v.row(batch, kv_head, first_key);
  task.clear_keys(batch, kv_head, {first_key, first_key + keys});
  const int64_t group = p.heads / p.kv_heads;
  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    add_transposed_product(pairs.weights.head(batch, head) + first_key, p.kv_len, p.q_len, keys,
                           task.d_out.head(batch, head), p.head_dim, d_v);
    add_transposed_product(pairs.pulls.head(batch, head) + first_key, p.kv_len, p.q_len, keys,
                           task.inputs.q.head(batch, head), p.head_dim, d_k);
  }
}

}  // namespace

Count dense_backward_bytes(const Call& call, bool recomputes) noexcept {
  const Count pairs = dense_bytes(call);
  return computes_scores(call.problem, recomputes) ? pairs + pairs : pairs;
}

void attend_dense_backward(const Exact& pattern, const Backward& task, const float* weights,
                           std::byte* scratch) noexcept {
  const Problem& p = task.call.problem;
  float* const pulls = reinterpret_cast<float*>(scratch);
  const Tensor<float> all = pairs_at(pulls, p);
  const bool keeps_weights = weights != nullptr;
  float* const scores = computes_scores(p, !keeps_weights) ? pulls + all.size() : nullptr;
  const Pairs pairs{keeps_weights, pairs_at<const float>(keeps_weights ? weights : scores, p),
                    pairs_at(scores, p), all};
  for_each_row_block(task.call, [&](const RowBlock& block) { multiply(task, pairs, block); });
  for_each_row_block(task.call, [&](const RowBlock& block) {
    for (int64_t i = block.first_row; i < block.first_row + block.rows; ++i)
      pull(pattern, task, pairs, block.batch, block.head, i);
  });
  for_each_row_block(task.call,
                     [&](const RowBlock& block) { pull_queries(pattern, task, pairs, block); });
  const int64_t heads = p.batch * p.kv_heads;
  const int64_t blocks = row_blocks_a_head(task.call.threads, heads, p.kv_len, kMostBlockRows);
  for_each_task(task.call.threads, heads * blocks, [&](int64_t at, int) {
    const int64_t first = first_row_of(at % blocks, blocks, p.kv_len);
    pull_keys(task, pairs, at / blocks / p.kv_heads, at / blocks % p.kv_heads, first,
              first_row_of(at % blocks + 1, blocks, p.kv_len) - first);
  });
}

Count DenseVariant::saved_bytes(const Call& call) const noexcept {
  return recomputes(call) ? log_sum_bytes(call) : dense_bytes(call);
}

Count DenseVariant::training_workspace_bytes(const Call& call) const noexcept {
  return dense_backward_bytes(call, recomputes(call));
}

void DenseVariant::forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                                  const Workspace& saved,
                                  const Workspace& workspace) const noexcept {
  if (recomputes(call))
    attend_dense(*this, call, in, out, workspace.data, reinterpret_cast<float*>(saved.data));
  else
    attend_dense(*this, call, in, out, saved.data);
}

void DenseVariant::backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                            const Saved& saved, const Tensor<const float>& d_out,
                            const Gradients& gradients, const Workspace& workspace) const noexcept {
  const auto* const kept = reinterpret_cast<const float*>(saved.data);
  const bool again = recomputes(call);
  attend_dense_backward(*this, {call, in, out, again ? kept : nullptr, d_out, gradients},
                        again ? nullptr : kept, workspace.data);
}

}  // namespace attnbench::kernels
