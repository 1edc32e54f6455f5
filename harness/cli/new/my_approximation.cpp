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
  /// REPLACE: what the variant computes, as in its paper; the harness judges forward by this. Here,
  /// with S_j a matrix that begins as zeros, and gate_j from 0 to 1,
  ///   S_j = gate_j S_j-1 + v_j k_j^T    and    out_i = S_j q_i / sqrt(head_dim), j the position of
  /// query i. `Real` is double for what the output should be, and float for how far rounding may
  /// stray from that. Plain loops will do, but share no code with forward: a mistake that both
  /// share is not found. `wanted` are rows of all heads, ascending.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& wanted, Real* out) const {
    const Problem& p = call.problem;
    const auto dim = static_cast<size_t>(p.head_dim);
    std::vector<Real> memory(dim * dim);
    int64_t last_head = -1, j = 0;  // j is the next position that `memory` takes.
    for (const int64_t row : wanted) {
      const int64_t b = row / p.q_len / p.heads, h = row / p.q_len % p.heads, i = row % p.q_len;
      const int64_t kv_head = h * p.kv_heads / p.heads;  // GQA: several heads share keys.
      if (row / p.q_len != last_head) {
        last_head = row / p.q_len;
        j = 0;
        std::fill(memory.begin(), memory.end(), Real(0));
      }
      for (; j <= aligned_position(p, i); ++j) {
        const float *k = in.k.row(b, kv_head, j), *v = in.v.row(b, kv_head, j);
        const Real gate = *in.extra[0].row(b, kv_head, j);
        for (size_t d = 0; d < dim; ++d)
          for (size_t c = 0; c < dim; ++c)
            memory[d * dim + c] = gate * memory[d * dim + c] + Real(v[d]) * Real(k[c]);
      }
      const float* const q = in.q.row(b, h, i);
      for (size_t d = 0; d < dim; ++d) {
        Real sum = 0;
        for (size_t c = 0; c < dim; ++c) sum += memory[d * dim + c] * Real(q[c]);
        *out++ = sum * static_cast<Real>(score_scale(p));
      }
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

  /// Takes one key and value into the state of a query head, numbered over the batch:
  /// state = gate state + k v^T.
  static void take(const Problem& p, const Inputs& in, int64_t head, int64_t key, float* state) {
    const int64_t b = head / p.heads;
    const int64_t kv_head = head % p.heads / (p.heads / p.kv_heads);  // GQA: heads share keys.
    const float* const k = in.k.row(b, kv_head, key);
    const float* const v = in.v.row(b, kv_head, key);
    const float gate = *in.extra[0].row(b, kv_head, key);
    for (int64_t c = 0; c < p.head_dim; ++c)
      for (int64_t d = 0; d < p.head_dim; ++d)
        state[c * p.head_dim + d] = gate * state[c * p.head_dim + d] + k[c] * v[d];
  }

  /// Writes the output of one query from the state at its position.
  static void read(const Problem& p, const Inputs& in, int64_t row, const float* state,
                   float* out) {
    const float* const q = in.q.data + row * p.head_dim;
    const auto scale = static_cast<float>(score_scale(p));
    std::fill_n(out, p.head_dim, 0.0f);
    for (int64_t c = 0; c < p.head_dim; ++c)
      for (int64_t d = 0; d < p.head_dim; ++d) out[d] += scale * q[c] * state[c * p.head_dim + d];
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
