// Dense attention: products over all pairs of query and key, with a softmax and a mask between
// them.
#include "kernels/dense.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/dense_rows.h"
#include "kernels/exp2.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"

namespace attnbench::kernels {
namespace {

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

/// Turns the products q·k of one query into its weights; those of hidden keys become zero. Returns
/// the logarithm of the sum that they were divided by.
float softmax(const Exact& pattern, const Call& call, int64_t head, int64_t query, float* row) {
  const Problem& p = call.problem;
  RowMask mask(-std::numeric_limits<float>::infinity(), row);
  pattern.visible_keys(call, query, mask);
  float* const first = row + mask.hull().begin;
  float* const end = row + mask.hull().end;
  const int64_t ahead = aligned_position(p, query) - mask.hull().begin;
  const RowSum sum = weigh_row(modifiers_of(p), slope_of(p, head), ahead, end - first, first);
  const float inverse = 1 / sum.sum;
  for (float* x = first; x < end; ++x) *x *= inverse;
  // exp2() may give a hidden key a little more than zero, which a huge value would show.
  hide_unseen(pattern, call, query, row);
  return sum.log_sum();
}

}  // namespace

float RowSum::log_sum() const {
  return top + std::log2(sum);
}

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
                  const Tensor<float>& out, std::byte* scratch, float* log_sums) noexcept {
  const Problem& p = call.problem;
  const Tensor<float> scores = pairs_at(reinterpret_cast<float*>(scratch), p);
  for_each_row_block(call, [&](const RowBlock& block) {
    multiply_keys(in.q.row(block.batch, block.head, block.first_row), block.rows,
                  in.k.head(block.batch, block.kv_head), p.kv_len, p.head_dim,
                  scores.row(block.batch, block.head, block.first_row), p.kv_len);
  });
  for_each_row_block(call, [&](const RowBlock& block) {
    for (int64_t i = block.first_row; i < block.first_row + block.rows; ++i) {
      const float log_sum =
          softmax(pattern, call, block.head, i, scores.row(block.batch, block.head, i));
      if (log_sums != nullptr)
        log_sums[(block.batch * p.heads + block.head) * p.q_len + i] = log_sum;
    }
  });
  for_each_row_block(call, [&](const RowBlock& block) {
    multiply_values(scores.row(block.batch, block.head, block.first_row), p.kv_len, block.rows,
                    in.v.head(block.batch, block.kv_head), p.kv_len, p.head_dim,
                    out.row(block.batch, block.head, block.first_row));
    for (int64_t i = 0; i < block.rows; ++i) {
      const int64_t query = block.first_row + i;
      mend_row(call, in, out.row(block.batch, block.head, query), block.batch, block.head, query,
               pattern);
    }
  });
}

}  // namespace attnbench::kernels
