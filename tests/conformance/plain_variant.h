// A plain, right variant that tests break, and what the suite finds about one promise.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "catch.h"
#include "conformance/conformance.h"
#include "conformance/promises.h"

namespace attnbench::test {

/// Full attention, one query after another, with scores in scratch.
class Plain : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t end = keys_seen(call.problem, query);
    if (end > 0) keys.add({0, end, 1});
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.problem.kv_len, sizeof(float));
  }
  Theory theory(const Call&) const noexcept override { return {{2, 0}, {1, 0}}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i)
          attend(call.problem, in, b, h, i, out.row(b, h, i),
                 reinterpret_cast<float*>(scratch.data));
  }

 protected:
  static int64_t keys_seen(const Problem& p, int64_t query) {
    return p.causal ? std::max<int64_t>(0, aligned_position(p, query) + 1) : p.kv_len;
  }

  static void attend(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t i,
                     float* out, float* scores) {
    const int64_t group = h / (p.heads / p.kv_heads), keys = keys_seen(p, i);
    const auto scale = static_cast<float>(score_scale(p));
    const auto cap = static_cast<float>(p.softcap);
    const auto slope = static_cast<float>(p.alibi ? alibi_slope(p, h) : 0);
    float top = -INFINITY, sum = 0;
    for (int64_t j = 0; j < keys; ++j) {
      const float *q = in.q.row(b, h, i), *k = in.k.row(b, group, j);
      scores[j] = 0;
      for (int64_t d = 0; d < p.head_dim; ++d) scores[j] += q[d] * k[d];
      scores[j] *= scale;
      if (cap > 0) scores[j] = cap * std::tanh(scores[j] / cap);
      scores[j] -= slope * std::abs(static_cast<float>(aligned_position(p, i) - j));
      top = std::max(top, scores[j]);
    }
    std::fill_n(out, p.head_dim, 0.0f);
    for (int64_t j = 0; j < keys; ++j) {
      const float weight = std::exp(scores[j] - top);
      const float* v = in.v.row(b, group, j);
      sum += weight;
      for (int64_t d = 0; d < p.head_dim; ++d) out[d] += weight * v[d];
    }
    for (int64_t d = 0; d < p.head_dim && keys > 0; ++d) out[d] /= sum;
  }
};

inline constexpr Info kPlainInfo{"plain", "A variant for tests.", Kind::kExact, "none"};

inline registry::Entry entry_of(const Variant& variant, const Info& info = kPlainInfo) {
  return {&info, &variant};
}

inline constexpr int kProblems = 40;

/// Tries only the promise of that name.
inline conformance::Finding finding_of(const registry::Entry& entry, const std::string& promise) {
  for (const conformance::Promise& p : conformance::promises())
    if (p.name == promise) return conformance::check_promise(entry, p, kProblems, 7);
  FAIL("no promise is called " << promise);
  return {};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace attnbench::test
