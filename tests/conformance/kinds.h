// Plain, right variants of the kinds that are not exact, which tests break.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench::test {

/// Where one row of v is, or null before the first key.
inline const float* value_at(const Problem& p, const Inputs& in, int64_t batch, int64_t head,
                             int64_t position) {
  return position < 0 ? nullptr : in.v.row(batch, head / (p.heads / p.kv_heads), position);
}

/// A causal convolution over values: gate * v + half the value before, with a gate a position.
template <class Self>
class GatedPair : public Defines<Self> {
 public:
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count rows = count(p.batch, p.heads, p.q_len);
    return {count(3, rows, p.head_dim), count(4, rows, p.head_dim, sizeof(float))};
  }
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const Problem& p = call.problem;
    inputs.add({"gate", p.batch, p.kv_heads, p.kv_len, 1, Fill::kSigmoid});
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    for (const int64_t row : rows) out = write_row(call.problem, in, row, out);
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const int64_t rows = out.batch * out.heads * out.len;
    for (int64_t row = 0; row < rows; ++row)
      write_row(call.problem, in, row, out.data + row * out.dim);
  }

 protected:
  template <class Real>
  static Real* write_row(const Problem& p, const Inputs& in, int64_t row, Real* out) {
    const int64_t b = row / p.q_len / p.heads, h = row / p.q_len % p.heads;
    const int64_t position = aligned_position(p, row % p.q_len);
    const float* const v = value_at(p, in, b, h, position);
    const float* const before = value_at(p, in, b, h, position - 1);
    const Real gate =
        v == nullptr ? 0 : Real(*in.extra[0].row(b, h / (p.heads / p.kv_heads), position));
    for (int64_t d = 0; d < p.head_dim; ++d)
      *out++ = (v == nullptr ? 0 : gate * Real(v[d])) +
               (before == nullptr ? 0 : Real(0.5) * Real(before[d]));
    return out;
  }
};

class Gated : public GatedPair<Gated> {};

/// The score of a query and a key before it is scaled.
template <class Real>
Real product(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t query, int64_t key) {
  const float *q = in.q.row(b, h, query), *k = in.k.row(b, h / (p.heads / p.kv_heads), key);
  Real sum = 0;
  for (int64_t d = 0; d < p.head_dim; ++d) sum += Real(q[d]) * Real(k[d]);
  return sum;
}

inline int64_t keys_allowed(const Problem& p, int64_t query) {
  return p.causal ? std::max<int64_t>(0, aligned_position(p, query) + 1) : p.kv_len;
}

/// The key with the highest score; -1 if there is none.
inline int32_t best_key(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t query) {
  int32_t best = -1;
  float highest = -INFINITY;
  for (int64_t j = 0; j < keys_allowed(p, query); ++j)
    if (const auto score = product<float>(p, in, b, h, query, j); best < 0 || score > highest) {
      highest = score;
      best = static_cast<int32_t>(j);
    }
  return best;
}

/// How much worse than the best key the decided one is.
inline Regret regret_of_key(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t query,
                            int32_t decided) {
  const int64_t allowed = keys_allowed(p, query);
  if (allowed == 0) return {decided == -1 ? 0 : HUGE_VAL, 0, p.head_dim};
  if (decided < 0 || decided >= allowed) return {HUGE_VAL, 0, p.head_dim};
  double best = -HUGE_VAL, magnitude = 0;
  const float* const q = in.q.row(b, h, query);
  for (int64_t j = 0; j < allowed; ++j) {
    best = std::max(best, product<double>(p, in, b, h, query, j));
    const float* const k = in.k.row(b, h / (p.heads / p.kv_heads), j);
    double sum = 0;
    for (int64_t d = 0; d < p.head_dim; ++d) sum += std::abs(double{q[d]} * double{k[d]});
    magnitude = std::max(magnitude, sum);
  }
  return {best - product<double>(p, in, b, h, query, decided), magnitude, p.head_dim};
}

/// What both kinds with decisions below share: each query decides on its best key.
template <class Base>
class Deciding : public Base {
 public:
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return {count(2, p.batch, p.heads, p.q_len, p.kv_len, p.head_dim),
            count(4, p.batch, p.heads, p.q_len + p.kv_len, p.head_dim, sizeof(float))};
  }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }
  Count decision_count(const Call& call) const noexcept override {
    return count(call.problem.q_len);
  }
  void decide(const Call& call, const Inputs& in, int64_t b, int64_t h, int32_t* decisions,
              const Workspace&) const noexcept override {
    for (int64_t i = 0; i < call.problem.q_len; ++i)
      decisions[i] = best_key(call.problem, in, b, h, i);
  }
  Regret regret(const Call& call, const Inputs& in, int64_t b, int64_t h, const int32_t* decisions,
                int64_t query) const override {
    return regret_of_key(call.problem, in, b, h, query, decisions[query]);
  }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i)
          write_row(call.problem, in, b, h, best_key(call.problem, in, b, h, i), out.row(b, h, i));
  }

 protected:
  template <class Real>
  static Real* write_row(const Problem& p, const Inputs& in, int64_t b, int64_t h, int32_t key,
                         Real* out) {
    const float* const v = value_at(p, in, b, h, key);
    for (int64_t d = 0; d < p.head_dim; ++d) *out++ = v == nullptr ? 0 : Real(v[d]);
    return out;
  }
};

/// Softmax over the best key, which is its value.
class Best : public Deciding<Selective> {
 public:
  void selected_keys(const Call&, const int32_t* decisions, int64_t query,
                     KeySpans& keys) const noexcept override {
    if (decisions[query] >= 0) keys.add({decisions[query], int64_t{decisions[query]} + 1});
  }
};

/// The same, by a definition given the decisions.
class BestDefined : public Deciding<DefinesGivenDecisions<BestDefined>> {
 public:
  template <class Real>
  void rows(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
            Real* out) const {
    const Problem& p = call.problem;
    for (const int64_t row : rows)
      out = write_row(p, in, row / p.q_len / p.heads, row / p.q_len % p.heads,
                      decisions[row % p.q_len], out);
  }
};

}  // namespace attnbench::test
