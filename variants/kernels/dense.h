// Dense attention: the scores of all pairs of query and key are stored, softmaxed and multiplied by
// V. A mask hides the pairs that a pattern does not see.
#pragma once

#include <cstddef>

#include "attnbench/training.h"
#include "attnbench/variant.h"
#include "kernels/engine.h"
#include "kernels/modify.h"
#include "kernels/widened.h"

namespace attnbench::kernels {

/// The exact scratch, in bytes, that attend_dense() needs: the scores of all heads.
Count dense_bytes(const Call& call) noexcept;

/// Computes exact attention of every query over pattern.visible_keys in three steps, each of which
/// goes over the whole tensor of scores, as the math path of frameworks does. The conditions are
/// those of Variant::forward; scratch is dense_bytes() long and aligned to 64 bytes. It holds the
/// weights [batch, heads, q_len, kv_len] afterwards. If log_sums is not null, writes there the
/// logarithm to base 2 of each row's sum of 2^score, with scores in that base: [batch, heads,
/// q_len], -infinity if the query sees nothing.
void attend_dense(const Exact& pattern, const Call& call, const Inputs& inputs,
                  const Tensor<float>& out, std::byte* scratch, float* log_sums = nullptr) noexcept;

/// An exact variant that computes and stores the scores of all pairs, also of those that its
/// pattern hides.
class DenseVariant : public Exact, public Differentiable {
 public:
  uint32_t takes() const noexcept final { return kEngineTakes; }
  Count workspace_bytes(const Call& call) const noexcept final {
    return Widened::bytes(call, dense_bytes(call));
  }
  /// Of types narrower than float32 it makes copies, which grow as n.
  Theory theory(const Call& call) const noexcept final {
    const double copied = Widened::rows_a_query(call.problem);
    if (copied == 0) return {.time = {2}, .memory = {2}};
    return {.time = {2},
            .memory = {{2, 0, 1, "scores"},
                       {1, 0, copied * static_cast<double>(call.problem.head_dim), "copies"}}};
  }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    const Widened wide(call, inputs, out, workspace.data);
    attend_dense(*this, call, wide.inputs(), wide.out(), wide.own());
    wide.round_out();
  }

  /// Whether the backward pass computes the weights again, or else finds them saved.
  virtual bool recomputes(const Call&) const noexcept { return false; }

  const Differentiable* differentiable() const noexcept final { return this; }
  Count saved_bytes(const Call& call) const noexcept final;
  Count training_workspace_bytes(const Call& call) const noexcept final;
  Theory training_theory(const Call& call) const noexcept final {
    return {.time = {2}, .memory = {recomputes(call) ? 1.0 : 2.0}};
  }
  void forward_saving(const Call& call, const Inputs& inputs, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept final;
  void backward(const Call& call, const Inputs& inputs, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept final;

 protected:
  ~DenseVariant() = default;
};

/// The param that DenseVariant::recomputes reads.
inline constexpr Param kRecompute{
    "recompute", 0, 0, 1,
    "what training keeps from the forward pass to the backward pass; 0: the n^2 weights of all "
    "heads; 1: one number a query, and the backward pass computes the weights again"};

/// A summary of one query's scores.
struct RowSum {
  float top;  ///< The largest score, as an exponent of two.
  float sum;  ///< The sum of the weights 2^(score - top).

  /// The logarithm, to base 2, of the sum of 2^score; -infinity if there are no scores.
  float log_sum() const;
};

/// Turns products q·k of consecutive keys into weights 2^(x - top), in place, and sums them up. The
/// first key stands `ahead` positions before the query. A product of -infinity gets no weight. If
/// there are no keys, top is -infinity and sum is 0.
RowSum weigh_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t keys,
                 float* scores) noexcept;

}  // namespace attnbench::kernels
