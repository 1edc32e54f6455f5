// Variants for tests that are not exact: right, or wrong in one chosen way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure::test {

/// A leaky sum of the values, x = decay * x + v, for each head; it reads its decay as an input.
class LeakySum final : public Defines<LeakySum> {
 public:
  double stray = 0;                 ///< Relative error of one row.
  int64_t stray_row = 0;            ///< The row, numbered as in Rows.
  double definition_factor = 1;     ///< The definition is wrong by this factor.
  bool overflows_in_float = false;  ///< The definition's intermediate is beyond float.
  bool keeps_first_answer = false;  ///< Later calls write what the first one computed.
  /// Relative error of the definition in float; its first ten evaluations have none.
  double late_stray = 0;
  mutable std::atomic<int> evaluations = 0;  ///< In float.

  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(2, p.batch, p.heads, p.kv_len, p.head_dim), Count(1), Count(p.kv_len),
            Count(p.kv_len)};
  }
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    inputs.add({"decay", 1, call.problem.heads, 1, 1, Fill::kSigmoid, 1, 1, true});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const bool is_late = std::is_same_v<Real, float> && evaluations++ >= 10;
    std::vector<Real> state(static_cast<size_t>(p.head_dim));
    int64_t head = -1, at = 0;
    for (const int64_t row : rows) {
      if (row / p.q_len != head) {
        head = row / p.q_len;
        at = 0;
        std::fill(state.begin(), state.end(), Real(0));
      }
      const int64_t h = head % p.heads;
      const Real decay = *in.extra[0].row(0, h, 0);
      for (; at <= aligned_position(p, row % p.q_len); ++at) {
        const float* const v = in.v.row(head / p.heads, h / (p.heads / p.kv_heads), at);
        for (int64_t d = 0; d < p.head_dim; ++d)
          state[static_cast<size_t>(d)] = decay * state[static_cast<size_t>(d)] + Real(v[d]);
      }
      const Real big = overflows_in_float ? Real(1e30) * Real(1e30) : Real(1);
      for (const Real x : state)
        *out++ = x * Real(definition_factor) * big / big * Real(1 + (is_late ? late_stray : 0));
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h) {
        std::vector<float> state(static_cast<size_t>(p.head_dim));
        for (int64_t j = 0; j < p.kv_len; ++j) {
          const float* const v = in.v.row(b, h / (p.heads / p.kv_heads), j);
          for (size_t d = 0; d < state.size(); ++d)
            state[d] = *in.extra[0].row(0, h, 0) * state[d] + v[d];
          if (const int64_t i = j - (p.kv_len - p.q_len); i >= 0)
            std::copy(state.begin(), state.end(), out.row(b, h, i));
        }
      }
    float* const strayed = out.data + stray_row * p.head_dim;
    for (int64_t d = 0; d < p.head_dim; ++d) strayed[d] *= static_cast<float>(1 + stray);
    if (!keeps_first_answer) return;
    if (first_answer_.empty()) first_answer_.assign(out.data, out.data + out.size());
    std::copy(first_answer_.begin(), first_answer_.end(), out.data);
  }

 private:
  mutable std::vector<float> first_answer_;
};

/// The sum of |v| over the keys up to each query's position, which the definition sums in blocks.
class BlockedSum final : public Defines<BlockedSum> {
 public:
  bool one_by_one = false;  ///< The kernel sums in a single chain, else in 8 of them.
  double stray = 0;         ///< Relative error of the last row.

  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(2, p.batch, p.heads, p.kv_len, p.head_dim), Count(1)};
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    constexpr int64_t kBlock = 256;
    const Problem& p = call.problem;
    for (const int64_t row : rows) {
      const float* const v = in.v.head(row / p.q_len / p.heads, row / p.q_len % p.heads);
      const int64_t keys = aligned_position(p, row % p.q_len) + 1;
      for (int64_t d = 0; d < p.head_dim; ++d) {
        Real sum = 0;
        for (int64_t begin = 0; begin < keys; begin += kBlock) {
          Real block = 0;
          for (int64_t j = begin; j < std::min(keys, begin + kBlock); ++j)
            block += std::abs(Real(v[j * p.head_dim + d]));
          sum += block;
        }
        *out++ = sum;
      }
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    const int64_t lanes = one_by_one ? 1 : 8;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h) {
        std::vector<float> sums(static_cast<size_t>(lanes * p.head_dim));
        for (int64_t j = 0; j < p.kv_len; ++j) {
          float* const lane = sums.data() + j % lanes * p.head_dim;
          for (int64_t d = 0; d < p.head_dim; ++d) lane[d] += std::abs(in.v.row(b, h, j)[d]);
          const int64_t i = j - (p.kv_len - p.q_len);
          for (int64_t d = 0; i >= 0 && d < p.head_dim; ++d) {
            float sum = 0;
            for (int64_t l = 0; l < lanes; ++l)
              sum += sums[static_cast<size_t>(l * p.head_dim + d)];
            out.row(b, h, i)[d] = sum;
          }
        }
      }
    float* const last = out.data + out.size() - p.head_dim;
    for (int64_t d = 0; d < p.head_dim; ++d) last[d] *= static_cast<float>(1 + stray);
  }
};

/// Softmax over each query's best key and the one after it in score.
class TopTwo final : public Selective {
 public:
  bool picks_worst = false;         ///< Takes the key with the lowest score for the second one.
  bool picks_twice = false;         ///< Reports one key twice.
  bool forgets_second = false;      ///< The output leaves the second key out, the decisions do not.
  bool forgets_last = false;        ///< `decide` does not write the last decision.
  bool writes_past = false;         ///< `decide` writes one decision too many.
  bool cannot_judge = false;        ///< `regret` throws.
  std::optional<Regret> told = {};  ///< What `regret` says, whatever was decided.

  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(2, p.batch, p.heads, p.q_len, p.kv_len, p.head_dim), Count(1)};
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }
  Support supports(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {p.causal || p.kv_len < 2 ? "needs two keys, and is not causal" : nullptr};
  }
  Count decision_count(const Call& call) const noexcept override {
    return count(2, call.problem.q_len);
  }

  void decide(const Call& call, const Inputs& in, int64_t b, int64_t h, int32_t* decisions,
              const Workspace&) const noexcept override {
    const int64_t end = 2 * call.problem.q_len;
    const int32_t last = decisions[end - 1];
    for (int64_t i = 0; i < call.problem.q_len; ++i) pick(call, in, b, h, i, decisions + 2 * i);
    if (forgets_last) decisions[end - 1] = last;
    if (writes_past) decisions[end] = 0;
  }
  void selected_keys(const Call&, const int32_t* decisions, int64_t query,
                     KeySpans& keys) const noexcept override {
    for (int n = 0; n < 2; ++n) {
      const int64_t key = decisions[2 * query + n];
      keys.add({key, key + 1});
    }
  }
  Regret regret(const Call& call, const Inputs& in, int64_t b, int64_t h, const int32_t* decisions,
                int64_t query) const override {
    if (cannot_judge) throw std::runtime_error("cannot judge");
    if (told) return *told;
    const std::vector<double> scores = scores_of<double>(call, in, b, h, query);
    const int32_t first = decisions[2 * query], second = decisions[2 * query + 1];
    double worst = HUGE_VAL, best_other = -HUGE_VAL;
    for (int64_t j = 0; j < call.problem.kv_len; ++j) {
      const double score = scores[static_cast<size_t>(j)];
      if (j == first || j == second)
        worst = std::min(worst, score);
      else
        best_other = std::max(best_other, score);
    }
    return {std::max(0.0, best_other - worst), 16.0, call.problem.head_dim};
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    const auto scale = static_cast<float>(score_scale(p));
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i) {
          int32_t picks[2];
          pick(call, in, b, h, i, picks);
          const std::vector<float> scores = scores_of<float>(call, in, b, h, i);
          const float far =
              scores[static_cast<size_t>(picks[1])] - scores[static_cast<size_t>(picks[0])];
          const float second = forgets_second ? 0 : 1 / (1 + std::exp(-scale * far));
          for (int64_t d = 0; d < p.head_dim; ++d)
            out.row(b, h, i)[d] = (1 - second) * value(call, in, b, h, picks[0])[d] +
                                  second * value(call, in, b, h, picks[1])[d];
        }
  }

 private:
  static const float* value(const Call& call, const Inputs& in, int64_t b, int64_t h, int64_t j) {
    return in.v.row(b, h / (call.problem.heads / call.problem.kv_heads), j);
  }

  template <class Real>
  static std::vector<Real> scores_of(const Call& call, const Inputs& in, int64_t b, int64_t h,
                                     int64_t i) {
    const Problem& p = call.problem;
    std::vector<Real> scores(static_cast<size_t>(p.kv_len));
    for (int64_t j = 0; j < p.kv_len; ++j)
      for (int64_t d = 0; d < p.head_dim; ++d)
        scores[static_cast<size_t>(j)] +=
            Real(in.q.row(b, h, i)[d]) * Real(in.k.row(b, h / (p.heads / p.kv_heads), j)[d]);
    return scores;
  }

  /// Ascending, as spans are.
  void pick(const Call& call, const Inputs& in, int64_t b, int64_t h, int64_t i,
            int32_t* picks) const {
    const std::vector<float> scores = scores_of<float>(call, in, b, h, i);
    std::vector<int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t x, int32_t y) {
      return scores[static_cast<size_t>(x)] > scores[static_cast<size_t>(y)];
    });
    picks[0] = order[0];
    picks[1] = picks_worst ? order.back() : picks_twice ? order[0] : order[1];
    if (picks[1] < picks[0]) std::swap(picks[0], picks[1]);
  }
};

}  // namespace attnbench::measure::test
