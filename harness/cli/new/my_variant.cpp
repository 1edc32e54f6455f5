// my_variant: each query sees its own position and the keys just before it.
//
// This file is complete: it compiles and passes `attnbench check`, which tests every promise.
// Change it from top to bottom, one REPLACE at a time, and check again after each. The contract is
// in attnbench/variant.h, the shapes are in attnbench/problem.h.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"

namespace attnbench {
namespace {

/// REPLACE, for speed: softmax over the keys of one query, one key at a time. It follows from
/// visible_keys and so is right for any pattern, but knows nothing of tiles or SIMD.
class OneRow final : public KeySpans {
 public:
  OneRow(const Call& call, const Inputs& inputs, const Tensor<float>& out, int64_t row)
      : p_(call.problem),
        query_(row % out.len),
        head_(row / out.len % out.heads),
        q_(inputs.q.row(row / out.len / out.heads, head_, query_)),
        out_(out.row(row / out.len / out.heads, head_, query_)) {
    const int64_t batch = row / out.len / out.heads;
    const int64_t kv_head = head_ / (p_.heads / p_.kv_heads);  // GQA: several heads share keys.
    k_ = inputs.k.head(batch, kv_head);
    v_ = inputs.v.head(batch, kv_head);
    std::fill_n(out_, p_.head_dim, 0.0f);
  }

  /// Takes the keys of one span into the running maximum, sum and output.
  void add(const KeySpan& span) noexcept override {
    for (int64_t j = span.begin; j < span.end; j += span.step) {
      const float s = score(j);
      const float highest = std::max(highest_, s);
      const float kept = std::exp(highest_ - highest);
      const float weight = std::exp(s - highest);
      for (int64_t d = 0; d < p_.head_dim; ++d)
        out_[d] = out_[d] * kept + weight * v_[j * p_.head_dim + d];
      sum_ = sum_ * kept + weight;
      highest_ = highest;
    }
  }

  /// A query that sees no key keeps its zeros.
  void finish() {
    if (sum_ > 0)
      for (int64_t d = 0; d < p_.head_dim; ++d) out_[d] /= sum_;
  }

 private:
  float score(int64_t key) const {
    float dot = 0;
    for (int64_t d = 0; d < p_.head_dim; ++d) dot += q_[d] * k_[key * p_.head_dim + d];
    float s = dot * static_cast<float>(score_scale(p_));
    if (p_.softcap != 0) {
      const auto cap = static_cast<float>(p_.softcap);
      s = cap * std::tanh(s / cap);
    }
    if (!p_.alibi) return s;
    const auto distance = static_cast<float>(std::abs(aligned_position(p_, query_) - key));
    return s - static_cast<float>(alibi_slope(p_, head_)) * distance;
  }

  const Problem& p_;
  int64_t query_, head_;
  const float* q_;
  const float* k_ = nullptr;
  const float* v_ = nullptr;
  float* out_;
  float highest_ = -INFINITY;
  float sum_ = 0;
};

class NewVariant final : public Exact {
 public:
  /// REPLACE: which keys a query sees, as ascending spans [begin, end). This is the definition that
  /// every check and count follows from. If causal, no key after the position may be seen.
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t reach = call.params[0];  // In the order of kParams.
    const int64_t position = aligned_position(call.problem, query);
    const int64_t begin = std::max<int64_t>(0, position - reach + 1);
    const int64_t end = std::min(call.problem.kv_len, position + 1);
    if (begin < end) keys.add({begin, end});
  }

  /// REPLACE, if forward needs scratch: its exact bytes, such as count(call.threads,
  /// call.problem.head_dim, sizeof(float)). forward gets them as workspace.data, aligned to 64
  /// bytes and not cleared; it allocates nothing itself.
  Count workspace_bytes(const Call&) const noexcept override { return {}; }

  /// REPLACE: how time and memory should grow with the length n, as powers of n.
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// REPLACE, if some calls are not supported; otherwise delete it.
  Support supports(const Call& call) const noexcept override {
    return {call.problem.head_dim <= 4096 ? nullptr : "head_dim is above 4096"};
  }

  /// Writes every element of out with call.threads threads. The number of threads changes no bit.
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const int64_t rows = out.batch * out.heads * out.len;
#pragma omp parallel for num_threads(call.threads) schedule(dynamic)
    for (int64_t row = 0; row < rows; ++row) attend(call, inputs, out, row);
  }

 private:
  void attend(const Call& call, const Inputs& inputs, const Tensor<float>& out, int64_t row) const {
    OneRow one(call, inputs, out, row);
    visible_keys(call, row % out.len, one);
    one.finish();
  }
};

/// REPLACE: what configs can sweep: name, default, least, most, a line of help.
constexpr Param kParams[] = {
    {"reach", 128, 1, int64_t{1} << 40, "keys that a query sees, up to its own position"},
};

/// REPLACE: a line on what the variant is, whether it equals softmax attention over its visible
/// keys, and the paper that it comes from.
const Info kInfo{"my_variant", "each query sees its own position and the keys just before it",
                 Kind::kExact, "none yet",
                 kParams,      1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::NewVariant, attnbench::kInfo)
