// online: one query at a time, one pass over its keys, with a running maximum and sum; no tiles.
#include <algorithm>
#include <limits>

#include "attnbench/register.h"
#include "kernels/exp2.h"
#include "kernels/modify.h"
#include "kernels/tasks.h"
#include "kernels/vectors.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

/// The state of one query, which takes the keys that it sees as they are stated.
class Row final : public KeySpans {
 public:
  Row(const Problem& p, const float* q, int64_t head, int64_t position, const float* k,
      const float* v, float* out)
      : modifiers_(kernels::modifiers_of(p)),
        slope_(kernels::slope_of(p, head)),
        position_(position),
        head_dim_(p.head_dim),
        q_(q),
        k_(k),
        v_(v),
        out_(out) {
    std::fill_n(out_, head_dim_, 0.0f);
  }

  void add(const KeySpan& span) noexcept override {
    for (int64_t key = span.begin; key < span.end; key += span.step) {
      float x = modifiers_.factor * kernels::dot(q_, k_ + key * head_dim_, head_dim_);
      if (modifiers_.any()) kernels::modify_row(modifiers_, slope_, position_ - key, 1, 1, &x);
      if (x > top_) scale(kernels::exp2_of(top_ - x));
      top_ = std::max(top_, x);
      const float weight = kernels::exp2_of(x - top_);
      sum_ += weight;
      kernels::add_scaled(weight, v_ + key * head_dim_, head_dim_, out_);
    }
  }

  void finish() {
    if (sum_ > 0) scale(1 / sum_);
  }

 private:
  void scale(float factor) {
    sum_ *= factor;
    for (int64_t i = 0; i < head_dim_; ++i) out_[i] *= factor;
  }

  kernels::Modifiers modifiers_;
  float slope_;
  int64_t position_, head_dim_;
  const float *q_, *k_, *v_;
  float* out_;
  float top_ = -std::numeric_limits<float>::infinity();
  float sum_ = 0;
};

class Online final : public Variant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  size_t workspace_bytes(const Call&) const noexcept override { return 0; }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    kernels::for_each_task(call.threads, p.batch * p.heads * p.q_len, [&](int64_t task, int) {
      const int64_t query = task % p.q_len;
      const int64_t head = task / p.q_len % p.heads;
      const int64_t batch = task / p.q_len / p.heads;
      const int64_t kv_head = head / (p.heads / p.kv_heads);
      Row row(p, in.q.row(batch, head, query), head, aligned_position(p, query),
              in.k.head(batch, kv_head), in.v.head(batch, kv_head), out.row(batch, head, query));
      visible_keys(call, query, row);
      row.finish();
    });
  }
};

const Info kInfo{
    "online",     "one query at a time in one pass, with a running maximum and sum; no tiles",
    Kind::kExact, "Milakov & Gimelshein 2018, Online normalizer calculation for softmax",
    nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Online, attnbench::kInfo)
