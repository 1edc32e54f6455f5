// Attention as two plain loops in double, and the tensors of one problem, in its types, to try a
// variant on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "machine/buffer.h"
#include "named.h"
#include "narrow_copy.h"
#include "registry/registry.h"

namespace attnbench {

/// One problem with its own inputs: calls a variant on it, and compares the output with the plain
/// loops over the same numbers, which are those that the problem's types can hold.
class Bench {
 public:
  Bench(const Exact& variant, const Problem& problem, std::vector<int64_t> params,
        float logit_scale = 1, float value_scale = 1)
      : variant_(variant), problem_(problem), params_(std::move(params)) {
    const int64_t q_size = problem.batch * problem.heads * problem.q_len * problem.head_dim;
    const int64_t kv_size = problem.batch * problem.kv_heads * problem.kv_len * problem.head_dim;
    std::mt19937 random(1);
    for (auto* x : {&q_, &k_, &v_}) {
      x->resize(static_cast<size_t>(x == &q_ ? q_size : kv_size));
      for (float& value : *x) value = static_cast<float>(random()) / 2147483648.0f - 1;
    }
    for (float& value : q_) value *= logit_scale;
    for (float& value : v_) value *= value_scale;
    round();
  }

  /// Fills a key, or its value, of every head.
  void fill_key(int64_t key, float with) { fill(k_, key, with); }
  void fill_value(int64_t key, float with) { fill(v_, key, with); }
  /// Fills all keys, or all values.
  void fill_keys(float with) {
    std::fill(k_.begin(), k_.end(), with);
    round();
  }
  void fill_values(float with) {
    std::fill(v_.begin(), v_.end(), with);
    round();
  }

  /// Whether a query sees a key.
  bool sees(int64_t query, int64_t key) const {
    for (const KeySpan& span : registry::visible_keys(variant_, call(1), query)) {
      if (key >= span.begin && key < span.end && (key - span.begin) % span.step == 0) return true;
    }
    return false;
  }

  Call call(int threads) const { return {problem_, params_.data(), threads}; }

  /// The output of one call, from a workspace of just the declared size.
  std::vector<float> forward(int threads) const {
    const machine::Buffer workspace(
        static_cast<size_t>(variant_.workspace_bytes(call(threads)).value()));
    std::vector<float> out(q_.size(), std::nanf(""));
    forward_into(threads, out, {workspace.data(), workspace.size()});
    return out;
  }

  void forward_into(int threads, std::span<float> out, const Workspace& workspace) const {
    const Problem& p = problem_;
    const Tensor<float> wide{out.data(), p.batch, p.heads, p.q_len, p.head_dim};
    const Inputs inputs{tensor(q_), tensor(k_), tensor(v_)};
    if (p.dtype == Type::kF32 && p.kv_dtype == Type::kF32) {
      variant_.forward(call(threads), inputs, wide, workspace);
      return;
    }
    NarrowCopy q(p.dtype, inputs.q), k(p.kv_dtype, inputs.k), v(p.kv_dtype, inputs.v);
    const auto given = [](NarrowCopy& narrow, const Tensor<const float>& numbers) {
      if (narrow.tensor().type == Type::kF32) return numbers;
      narrow.round(numbers.data);
      return narrow.read_only();
    };
    const Inputs of_types{given(q, inputs.q), given(k, inputs.k), given(v, inputs.v)};
    if (p.dtype == Type::kF32) {
      variant_.forward(call(threads), of_types, wide, workspace);
      return;
    }
    NarrowCopy written(p.dtype, inputs.q);
    written.poison();
    variant_.forward(call(threads), of_types, written.tensor(), workspace);
    written.widen(wide.data);
  }

  /// The largest difference from the plain loops beyond what the types round (see
  /// measure/truth.cpp); NaN if any element is NaN.
  double worst_error(std::span<const float> out) const {
    double worst = 0;
    const Problem& p = problem_;
    const double unit = unit_roundoff(p.dtype), unit_of_weights = p.kv_dtype == p.dtype ? unit : 0;
    for (int64_t row = 0; row < p.batch * p.heads * p.q_len; ++row) {
      std::vector<double> magnitude(static_cast<size_t>(p.head_dim));
      const std::vector<double> expected = naive_row(row, magnitude);
      for (int64_t dim = 0; dim < p.head_dim; ++dim) {
        const double rounded = unit * std::abs(expected[dim]) + unit_of_weights * magnitude[dim];
        const double error = std::abs(out[row * p.head_dim + dim] - expected[dim]) - rounded;
        if (!(error <= worst)) worst = error;
      }
    }
    return worst;
  }

 private:
  Tensor<const float> tensor(const std::vector<float>& x) const {
    const Problem& p = problem_;
    const bool of_queries = &x == &q_;
    return {x.data(), p.batch, of_queries ? p.heads : p.kv_heads, of_queries ? p.q_len : p.kv_len,
            p.head_dim};
  }

  /// Replaces each number by the one that the problem's types make of it.
  void round() {
    for (auto* x : {&q_, &k_, &v_}) {
      const Type type = x == &q_ ? problem_.dtype : problem_.kv_dtype;
      if (type == Type::kF32) continue;
      NarrowCopy narrow(type, tensor(*x));
      narrow.round(x->data());
      narrow.widen(x->data());
    }
  }

  void fill(std::vector<float>& x, int64_t key, float with) {
    const Problem& p = problem_;
    for (int64_t head = 0; head < p.batch * p.kv_heads; ++head) {
      std::fill_n(x.begin() + (head * p.kv_len + key) * p.head_dim, p.head_dim, with);
    }
  }

  /// The score that q·k becomes, by definitions that share nothing with the contract's functions.
  double modified(double product, int64_t head, int64_t query_minus_key) const {
    const Problem& p = problem_;
    double score = product * score_scale(p);
    if (p.softcap > 0) score = p.softcap * std::tanh(score / p.softcap);
    if (!p.alibi) return score;
    const double slope =
        std::pow(2.0, -8.0 * static_cast<double>(head + 1) / static_cast<double>(p.heads));
    return score - slope * std::abs(static_cast<double>(query_minus_key + p.kv_len - p.q_len));
  }

  /// The row's output, and the weighted sum of its values' magnitudes.
  std::vector<double> naive_row(int64_t row, std::vector<double>& magnitude) const {
    const Problem& p = problem_;
    const int64_t head = row / p.q_len % p.heads;
    const int64_t kv_head = row / (p.q_len * p.heads) * p.kv_heads + head / (p.heads / p.kv_heads);
    const float* q = q_.data() + row * p.head_dim;
    std::vector<int64_t> keys;
    for (const KeySpan& span : registry::visible_keys(variant_, call(1), row % p.q_len)) {
      for (int64_t key = span.begin; key < span.end; key += span.step) keys.push_back(key);
    }
    std::vector<double> scores;
    double top = -INFINITY;
    for (const int64_t key : keys) {
      const float* k = k_.data() + (kv_head * p.kv_len + key) * p.head_dim;
      double score = 0;
      for (int64_t dim = 0; dim < p.head_dim; ++dim) score += static_cast<double>(q[dim]) * k[dim];
      scores.push_back(modified(score, head, row % p.q_len - key));
      top = std::max(top, scores.back());
    }
    std::vector<double> out(static_cast<size_t>(p.head_dim), 0.0);
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - top);
    for (size_t i = 0; i < keys.size(); ++i) {
      const float* v = v_.data() + (kv_head * p.kv_len + keys[i]) * p.head_dim;
      for (int64_t dim = 0; dim < p.head_dim; ++dim) {
        out[dim] += scores[i] / sum * v[dim];
        magnitude[dim] += scores[i] / sum * std::abs(v[dim]);
      }
    }
    return out;
  }

  const Exact& variant_;
  Problem problem_;
  std::vector<int64_t> params_;
  std::vector<float> q_, k_, v_;
};

}  // namespace attnbench
