// my_variant: gated linear attention: a memory of keys and values that a gate lets fade.
//
// This file is complete: it compiles and passes `attnbench check`, which tries every promise.
// Change it from top to bottom, one REPLACE at a time, and check again after each. The contract is
// in attnbench/variant.h, the shapes are in attnbench/problem.h.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnbench/register.h"

namespace attnbench {
namespace {

class NewVariant final : public Defines<NewVariant> {
 public:
  /// REPLACE: what the variant computes, as in its paper; the harness judges forward by this. With
  /// S_j a [head_dim, head_dim] matrix that begins as zeros, and gate_j from 0 to 1,
  ///   S_j = gate_j S_j-1 + k_j v_j^T    and    out_i = q_i S_j / sqrt(head_dim), j the position of
  /// query i. `Real` is double for what the output should be, and float for how far rounding may
  /// stray from that. Plain loops will do. `wanted` are rows of all heads, ascending.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& wanted, Real* out) const {
    const Problem& p = call.problem;
    std::vector<Real> state(static_cast<size_t>(p.head_dim * p.head_dim));
    int64_t head = -1, next = 0;  // The sequence that `state` belongs to, and its next position.
    for (const int64_t row : wanted) {
      if (row / p.q_len != head) {
        head = row / p.q_len;
        next = 0;
        std::fill(state.begin(), state.end(), Real(0));
      }
      const int64_t position = aligned_position(p, row % p.q_len);
      for (; next <= position; ++next) take(p, in, head, next, state.data());
      read(p, in, row, state.data(), out);
      out += p.head_dim;
    }
  }

  /// REPLACE: the inputs that forward reads beside q, k and v, and how they are drawn: here a gate
  /// for each key. If there are none, delete it.
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const Problem& p = call.problem;
    inputs.add({"gate", p.batch, p.kv_heads, p.kv_len, 1, Fill::kSigmoid, 1, 3});  // About 0.95.
  }

  /// REPLACE: the least work that the definition needs: floating-point operations, bytes that are
  /// read and written, operations that must follow one another, and the steps from the first
  /// position to the last.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count state = count(p.head_dim, p.head_dim);
    const Count updates = count(3, p.batch, p.kv_heads, p.kv_len, state);
    const Count reads = count(2, p.batch, p.heads, p.q_len, state);
    const Count q_and_out = count(2, p.batch, p.heads, p.q_len, p.head_dim);
    const Count keys = count(p.batch, p.kv_heads, p.kv_len, 2 * p.head_dim + 1);
    return {updates + reads, count(q_and_out + keys, sizeof(float)), Count(p.kv_len),
            Count(p.kv_len)};
  }

  /// REPLACE: the exact bytes of scratch that forward needs: here one state a thread. forward gets
  /// them as workspace.data, aligned to 64 bytes and not cleared; it allocates nothing itself.
  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.threads, call.problem.head_dim, call.problem.head_dim, sizeof(float));
  }

  /// REPLACE: how time and memory should grow with the length n, as powers of n.
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// REPLACE, if every call is supported: delete it.
  Support supports(const Call& call) const noexcept override {
    return {call.problem.causal ? nullptr : "a recurrence sees no later position: needs causal"};
  }

  /// REPLACE, for speed. Writes every element of out with call.threads threads; each head is one
  /// thread's, so that the number of threads changes no bit.
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const int64_t size = p.head_dim * p.head_dim, heads = p.batch * p.heads;
    auto* const states = reinterpret_cast<float*>(workspace.data);
#pragma omp parallel for num_threads(call.threads) schedule(static)
    for (int64_t share = 0; share < call.threads; ++share) {
      float* const state = states + share * size;
      for (int64_t head = share; head < heads; head += call.threads)
        run(p, in, head, state, out.data + head * p.q_len * p.head_dim);
    }
  }

 private:
  static void run(const Problem& p, const Inputs& in, int64_t head, float* state, float* out) {
    std::fill_n(state, p.head_dim * p.head_dim, 0.0f);
    int64_t next = 0;
    for (int64_t i = 0; i < p.q_len; ++i) {
      for (; next <= aligned_position(p, i); ++next) take(p, in, head, next, state);
      read(p, in, head * p.q_len + i, state, out + i * p.head_dim);
    }
  }

  /// Takes one key and value into the state of a query head, numbered over the batch.
  template <class Real>
  static void take(const Problem& p, const Inputs& in, int64_t head, int64_t key, Real* state) {
    const int64_t b = head / p.heads;
    const int64_t kv_head = head % p.heads / (p.heads / p.kv_heads);  // GQA: heads share keys.
    const float* const k = in.k.row(b, kv_head, key);
    const float* const v = in.v.row(b, kv_head, key);
    const Real gate = *in.extra[0].row(b, kv_head, key);
    for (int64_t c = 0; c < p.head_dim; ++c)
      for (int64_t d = 0; d < p.head_dim; ++d)
        state[c * p.head_dim + d] = gate * state[c * p.head_dim + d] + Real(k[c]) * Real(v[d]);
  }

  /// Writes the output of one query from the state at its position.
  template <class Real>
  static void read(const Problem& p, const Inputs& in, int64_t row, const Real* state, Real* out) {
    const float* const q = in.q.data + row * p.head_dim;
    const auto scale = static_cast<Real>(score_scale(p));
    std::fill_n(out, p.head_dim, Real(0));
    for (int64_t c = 0; c < p.head_dim; ++c)
      for (int64_t d = 0; d < p.head_dim; ++d)
        out[d] += scale * Real(q[c]) * state[c * p.head_dim + d];
  }
};

/// REPLACE: a line on what the variant is, and the paper that it comes from. If it does not stand
/// in for full attention, own_task says what it does instead.
const Info kInfo{.name = "my_variant",
                 .summary = "a memory of keys and values that a gate lets fade",
                 .kind = Kind::kApproximate,
                 .source = "none yet"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::NewVariant, attnbench::kInfo)
