// Full attention that can be trained, for tests: in plain float32, right, or wrong in one way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <vector>

#include "attnbench/training.h"

namespace attnbench::measure::test {

enum class TrainingFault {
  kNone,
  kForgetsDV,
  kAddsToDK,        ///< Instead of overwriting it.
  kWrongSignOfDQ,   ///< In the last row.
  kDKWithoutDelta,  ///< As if the softmax were no softmax.
  kWrongSaving,     ///< Another output than that of forward.
  kWritesPastSaved,
  kWritesPastGradient,
  kWrongFromThirdBackward,
  kKeepsFirstSaved,  ///< Saves nothing after its first call.
  kLosesQueryInDV,   ///< d_v leaves out query 7.
};

/// One thread. It saves the sum of each query's exponentials.
class PlainTrained final : public Exact, public Differentiable {
 public:
  explicit PlainTrained(TrainingFault fault = TrainingFault::kNone) : fault_(fault) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    if (const int64_t end = end_of(call.problem, query); end > 0) keys.add({0, end});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {{2}, {}}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    for_each_row(call.problem, [&](int64_t b, int64_t h, int64_t i, int64_t g) {
      const std::vector<float> e = exponentials(call.problem, in, b, h, i, g);
      float sum = 0;
      for (const float x : e) sum += x;
      float* const o = out.row(b, h, i);
      std::fill_n(o, out.dim, 0.0f);
      for (size_t j = 0; j < e.size(); ++j)
        for (int64_t d = 0; d < out.dim; ++d)
          o[d] += e[j] / sum * in.v.row(b, g, static_cast<int64_t>(j))[d];
    });
  }

  const Differentiable* differentiable() const noexcept override { return this; }
  Count saved_bytes(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return count(p.batch, p.heads, p.q_len, sizeof(float));
  }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory training_theory(const Call&) const noexcept override { return {{2}, {1}}; }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    forward(call, in, out, scratch);
    if (is(TrainingFault::kWrongSaving)) out.data[0] += 1;
    if (++savings_ > 1 && is(TrainingFault::kKeepsFirstSaved)) return;
    auto* sum = reinterpret_cast<float*>(saved.data);
    for_each_row(call.problem, [&](int64_t b, int64_t h, int64_t i, int64_t g) {
      *sum = 0;
      for (const float x : exponentials(call.problem, in, b, h, i, g)) *sum += x;
      ++sum;
    });
    if (is(TrainingFault::kWritesPastSaved)) *sum = 1;
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& to,
                const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    const auto scale = static_cast<float>(score_scale(p));
    std::fill_n(to.q.data, to.q.size(), 0.0f);
    if (!is(TrainingFault::kAddsToDK)) std::fill_n(to.k.data, to.k.size(), 0.0f);
    if (!is(TrainingFault::kForgetsDV)) std::fill_n(to.v.data, to.v.size(), 0.0f);
    const auto* sum = reinterpret_cast<const float*>(saved.data);
    for_each_row(p, [&](int64_t b, int64_t h, int64_t i, int64_t g) {
      const std::vector<float> e = exponentials(p, in, b, h, i, g);
      const float* const d_o = d_out.row(b, h, i);
      const float delta = dot(d_o, out.row(b, h, i), p.head_dim);
      for (size_t key = 0; key < e.size(); ++key) {
        const auto j = static_cast<int64_t>(key);
        const float weight = e[key] / *sum;
        const float d_p = dot(d_o, in.v.row(b, g, j), p.head_dim);
        const float d_s = scale * weight * (d_p - delta);
        const float d_s_of_k = is(TrainingFault::kDKWithoutDelta) ? scale * weight * d_p : d_s;
        for (int64_t d = 0; d < p.head_dim; ++d) {
          to.q.row(b, h, i)[d] += d_s * in.k.row(b, g, j)[d];
          to.k.row(b, g, j)[d] += d_s_of_k * in.q.row(b, h, i)[d];
          const bool loses = is(TrainingFault::kLosesQueryInDV) && i == 7;
          if (!is(TrainingFault::kForgetsDV) && !loses) to.v.row(b, g, j)[d] += weight * d_o[d];
        }
      }
      ++sum;
    });
    float* const last = to.q.data + to.q.size() - 1;
    if (is(TrainingFault::kWrongSignOfDQ)) *last = -*last;
    if (is(TrainingFault::kWritesPastGradient)) last[1] = 1;
    if (++backwards_ > 2 && is(TrainingFault::kWrongFromThirdBackward)) *to.v.data += 1;
  }

 private:
  bool is(TrainingFault fault) const { return fault_ == fault; }

  static int64_t end_of(const Problem& p, int64_t query) {
    return p.causal ? std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len) : p.kv_len;
  }
  static float dot(const float* a, const float* b, int64_t dim) {
    float sum = 0;
    for (int64_t d = 0; d < dim; ++d) sum += a[d] * b[d];
    return sum;
  }
  static std::vector<float> exponentials(const Problem& p, const Inputs& in, int64_t b, int64_t h,
                                         int64_t i, int64_t g) {
    std::vector<float> e;
    for (int64_t j = 0; j < end_of(p, i); ++j)
      e.push_back(std::exp(static_cast<float>(score_scale(p)) *
                           dot(in.q.row(b, h, i), in.k.row(b, g, j), p.head_dim)));
    return e;
  }
  template <class Do>
  static void for_each_row(const Problem& p, const Do& row) {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i) row(b, h, i, h / (p.heads / p.kv_heads));
  }

  TrainingFault fault_;
  mutable std::atomic<int> savings_ = 0, backwards_ = 0;
};

}  // namespace attnbench::measure::test
