// Dense attention's work as blocks of query rows, and the mask of a row.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/row_blocks.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {

/// Some query rows of one head. A task is one such block.
struct RowBlock {
  int64_t batch, head, kv_head, first_row, rows;
};

/// The most rows of a block.
inline constexpr int64_t kMostBlockRows = 192;

/// Calls body(block) for blocks that cover all query rows of all heads, by call.threads threads.
template <class Body>
void for_each_row_block(const Call& call, const Body& body) noexcept {
  const Problem& p = call.problem;
  const int64_t blocks =
      row_blocks_a_head(call.threads, p.batch * p.heads, p.q_len, kMostBlockRows);
  for_each_task(call.threads, p.batch * p.heads * blocks, [&](int64_t task, int) {
    const int64_t head = task / blocks % p.heads, block = task % blocks;
    const int64_t first = first_row_of(block, blocks, p.q_len);
    body(RowBlock{task / blocks / p.heads, head, head / (p.heads / p.kv_heads), first,
                  first_row_of(block + 1, blocks, p.q_len) - first});
  });
}

/// The tensor [batch, heads, q_len, kv_len] at `data`.
template <class T>
Tensor<T> pairs_at(T* data, const Problem& p) {
  return {data, p.batch, p.heads, p.q_len, p.kv_len};
}

/// Writes `hidden` over what a query does not see between the first and the last key that it sees,
/// while the query states its keys.
class RowMask final : public KeySpans {
 public:
  RowMask(float hidden, float* row) : hidden_(hidden), row_(row) {}

  void add(const KeySpan& span) noexcept override {
    if (hull_.begin == hull_.end) hull_ = {span.begin, span.begin};
    hide(hull_.end, span.begin);
    hull_.end = span.end;
    if (span.step == 1) return;
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      hull_.end = std::min(key + span.step, span.end);
      hide(key + 1, hull_.end);
    }
  }

  /// From the first key that is seen to the last one.
  const KeySpan& hull() const { return hull_; }

 private:
  void hide(int64_t begin, int64_t end) { std::fill(row_ + begin, row_ + end, hidden_); }

  float hidden_;
  float* row_;
  KeySpan hull_;
};

/// Sets what a query does not see to zero, in its row of keys.
inline void hide_unseen(const Exact& pattern, const Call& call, int64_t query, float* row) {
  RowMask mask(0, row);
  pattern.visible_keys(call, query, mask);
  std::fill(row, row + mask.hull().begin, 0.0f);
  std::fill(row + mask.hull().end, row + call.problem.kv_len, 0.0f);
}

}  // namespace attnbench::kernels
