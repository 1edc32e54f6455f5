// Dense attention: products over all pairs of query and key, with a softmax and a mask between
// them.
#include "kernels/dense.h"

#include <algorithm>
#include <limits>

#include "kernels/exp2.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"
#include "kernels/row_blocks.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// A task is a block of query rows of one head. These are the most rows of a block.
constexpr int64_t kMostBlockRows = 192;

/// Some query rows of one head.
struct RowBlock {
  int64_t batch, head, kv_head, first_row, rows;
};

RowBlock row_block_of(const Problem& p, int64_t blocks, int64_t task) {
  const int64_t head = task / blocks % p.heads;
  const int64_t block = task % blocks;
  const int64_t first = first_row_of(block, blocks, p.q_len);
  return {task / blocks / p.heads, head, head / (p.heads / p.kv_heads), first,
          first_row_of(block + 1, blocks, p.q_len) - first};
}

/// The largest of n values; -infinity if n is 0. n is a multiple of the lanes of D.
template <class D>
float largest(D d, const float* x, int64_t n) {
  auto top = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < n; i += hn::Lanes(d)) top = hn::Max(top, hn::LoadU(d, x + i));
  return hn::GetLane(hn::MaxOfLanes(d, top));
}

/// Sets x = 2^((x - shift) * scale) for n values and returns their sum. n is a multiple of the
/// lanes of D.
template <class D>
float exponentiate(D d, float* x, int64_t n, float shift, float scale) {
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, shift));
    const auto weight = exp2(d, hn::Mul(centred, hn::Set(d, scale)));
    sum = hn::Add(sum, weight);
    hn::StoreU(weight, d, x + i);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
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
  /// Whether any key of the hull is hidden.
  bool hides() const { return hides_; }

 private:
  void hide(int64_t begin, int64_t end) {
    hides_ = hides_ || begin < end;
    std::fill(row_ + begin, row_ + end, hidden_);
  }

  float hidden_;
  float* row_;
  KeySpan hull_;
  bool hides_ = false;
};

/// Turns the products q·k of one query into its weights; those of hidden keys become zero.
void softmax(const Exact& pattern, const Call& call, int64_t head, int64_t query, float* row) {
  const Problem& p = call.problem;
  RowMask mask(-std::numeric_limits<float>::infinity(), row);
  pattern.visible_keys(call, query, mask);
  float* const first = row + mask.hull().begin;
  float* const end = row + mask.hull().end;
  const int64_t ahead = aligned_position(p, query) - mask.hull().begin;
  const float inverse =
      1 / weigh_row(modifiers_of(p), slope_of(p, head), ahead, end - first, first).sum;
  std::fill(row, first, 0.0f);
  for (float* x = first; x < end; ++x) *x *= inverse;
  std::fill(end, row + p.kv_len, 0.0f);
  if (!mask.hides()) return;
  // exp2() may give a hidden key a little more than zero, which a huge value would show.
  RowMask zeros(0.0f, row);
  pattern.visible_keys(call, query, zeros);
}

}  // namespace

RowSum weigh_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t keys,
                 float* scores) noexcept {
  float factor = modifiers.factor;
  if (modifiers.any()) {
    for (int64_t i = 0; i < keys; ++i) scores[i] *= factor;
    modify_row(modifiers, slope, ahead, 1, keys, scores);
    factor = 1;
  }
  const hn::ScalableTag<float> wide;
  const hn::CappedTag<float, 1> single;
  const int64_t whole = keys - keys % static_cast<int64_t>(hn::Lanes(wide));
  const int64_t rest = keys - whole;
  const float top = std::max(largest(wide, scores, whole), largest(single, scores + whole, rest));
  return {factor * top, exponentiate(wide, scores, whole, top, factor) +
                            exponentiate(single, scores + whole, rest, top, factor)};
}

Count dense_bytes(const Call& call) noexcept {
  const Problem& p = call.problem;
  return count(p.batch, p.heads, p.q_len, p.kv_len, sizeof(float));
}

void attend_dense(const Exact& pattern, const Call& call, const Inputs& in,
                  const Tensor<float>& out, std::byte* scratch) noexcept {
  const Problem& p = call.problem;
  const Tensor<float> scores{reinterpret_cast<float*>(scratch), p.batch, p.heads, p.q_len,
                             p.kv_len};
  const int64_t blocks =
      row_blocks_a_head(call.threads, p.batch * p.heads, p.q_len, kMostBlockRows);
  const auto for_each_row_block = [&](const auto& body) {
    for_each_task(call.threads, p.batch * p.heads * blocks, [&](int64_t task, int) {
      const RowBlock block = row_block_of(p, blocks, task);
      body(block, scores.row(block.batch, block.head, block.first_row));
    });
  };
  for_each_row_block([&](const RowBlock& block, float* rows) {
    multiply_keys(in.q.row(block.batch, block.head, block.first_row), block.rows,
                  in.k.head(block.batch, block.kv_head), p.kv_len, p.head_dim, rows, p.kv_len);
  });
  for_each_row_block([&](const RowBlock& block, float* rows) {
    for (int64_t i = 0; i < block.rows; ++i) {
      softmax(pattern, call, block.head, block.first_row + i, rows + i * p.kv_len);
    }
  });
  for_each_row_block([&](const RowBlock& block, float* rows) {
    multiply_values(rows, p.kv_len, block.rows, in.v.head(block.batch, block.kv_head), p.kv_len,
                    p.head_dim, out.row(block.batch, block.head, block.first_row));
    for (int64_t i = 0; i < block.rows; ++i) {
      mend_row(call, in, out, block.batch, block.head, block.first_row + i, pattern);
    }
  });
}

}  // namespace attnbench::kernels
