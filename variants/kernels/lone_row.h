// One query row attended on its own, a key at a time: slow, and untouched by what it does not see.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "attnbench/variant.h"
#include "kernels/exp2.h"
#include "kernels/modify.h"
#include "kernels/narrow.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Attention of query `query` of head `head` in batch entry `batch`. It takes the keys that the
/// query sees as they are stated, in any order, keeps a running maximum and sum, and computes
/// straight into `out`, a row of float32. finish() makes the row whole. The inputs may be of any
/// type.
class LoneRow final : public KeySpans {
 public:
  LoneRow(const Call& call, const Inputs& in, float* out, int64_t batch, int64_t head,
          int64_t query)
      : modifiers_(modifiers_of(call.problem)),
        slope_(slope_of(call.problem, head)),
        position_(aligned_position(call.problem, query)),
        head_dim_(call.problem.head_dim),
        q_(HeadRows(in.q, batch, head).row(query, room_of_q_)),
        k_(in.k, batch, head / (call.problem.heads / call.problem.kv_heads)),
        v_(in.v, batch, head / (call.problem.heads / call.problem.kv_heads)),
        out_(out) {
    std::fill_n(out_, head_dim_, 0.0f);
  }
  LoneRow(const LoneRow&) = delete;  // q_ may point to room_of_q_.

  void add(const KeySpan& span) noexcept override {
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      float x = modifiers_.factor * dot(q_, k_.row(key, room_), head_dim_);
      if (modifiers_.any()) modify_row(modifiers_, slope_, position_ - key, 1, 1, &x);
      if (x > top_) scale(exp2_of(top_ - x));
      top_ = std::max(top_, x);
      const float weight = exp2_of(x - top_);
      sum_ += weight;
      add_scaled(weight, v_.row(key, room_), head_dim_, out_);
    }
  }

  /// Returns the logarithm, to base 2, of the sum of all weights 2^score; -infinity without keys.
  float finish() {
    const float log_sum = top_ + std::log2(sum_);
    if (sum_ > 0) scale(1 / sum_);
    return log_sum;
  }

 private:
  void scale(float factor) {
    sum_ *= factor;
    for (int64_t i = 0; i < head_dim_; ++i) out_[i] *= factor;
  }

  float room_of_q_[kMaxHeadDim], room_[kMaxHeadDim];  ///< For rows of narrower types.
  Modifiers modifiers_;
  float slope_;
  int64_t position_, head_dim_;
  const float* q_;
  HeadRows k_, v_;
  float* out_;
  float top_ = -std::numeric_limits<float>::infinity();
  float sum_ = 0;
};

/// Whether no element is NaN or infinite.
inline bool all_finite(const float* x, int64_t n) {
  // Zero times a number is zero; zero times NaN or infinity is NaN. Four sums hide the latency.
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  auto s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, x + i), zero, s0);
    s1 = hn::MulAdd(hn::LoadU(d, x + i + lanes), zero, s1);
    s2 = hn::MulAdd(hn::LoadU(d, x + i + 2 * lanes), zero, s2);
    s3 = hn::MulAdd(hn::LoadU(d, x + i + 3 * lanes), zero, s3);
  }
  for (; i + lanes <= n; i += lanes) s0 = hn::MulAdd(hn::LoadU(d, x + i), zero, s0);
  const auto sum = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  float rest = 0;
  for (; i < n; ++i) rest += x[i] * 0.0f;
  return hn::AllTrue(d, hn::Eq(sum, zero)) && rest == 0;
}

/// Computes the query's row of out, in float32, anew and on its own, if it is not finite.
///
/// Fast kernels multiply the values of keys that a query does not see by a weight of zero, along
/// with those that it sees. If such a value is NaN or infinity, the product is NaN, and so is the
/// row: nothing else can hide it, so that looking at the finished row finds every such case, at
/// next to no cost. `patterns` are those whose keys the query sees. If the row was mended, writes
/// the logarithm of its sum of weights to `log_sum`, unless that is null.
template <class... Patterns>
void mend_row_and_sum(const Call& call, const Inputs& in, float* out, int64_t batch, int64_t head,
                      int64_t query, float* log_sum, const Patterns&... patterns) {
  if (all_finite(out, call.problem.head_dim)) return;
  LoneRow row(call, in, out, batch, head, query);
  (patterns.visible_keys(call, query, row), ...);
  const float sum = row.finish();
  if (log_sum != nullptr) *log_sum = sum;
}
template <class... Patterns>
void mend_row(const Call& call, const Inputs& in, float* out, int64_t batch, int64_t head,
              int64_t query, const Patterns&... patterns) {
  mend_row_and_sum(call, in, out, batch, head, query, nullptr, patterns...);
}

}  // namespace attnbench::kernels
