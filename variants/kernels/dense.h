// Dense attention: the scores of all pairs of query and key are stored, softmaxed and multiplied by
// V. A mask hides the pairs that a pattern does not see.
#pragma once

#include <cstddef>

#include "attnbench/variant.h"
#include "kernels/modify.h"

namespace attnbench::kernels {

/// The exact scratch, in bytes, that attend_dense() needs: the scores of all heads.
Count dense_bytes(const Call& call) noexcept;

/// Computes exact attention of every query over pattern.visible_keys in three steps, each of which
/// goes over the whole tensor of scores, as the math path of frameworks does. The conditions are
/// those of Variant::forward; scratch is dense_bytes() long and aligned to 64 bytes.
void attend_dense(const Exact& pattern, const Call& call, const Inputs& inputs,
                  const Tensor<float>& out, std::byte* scratch) noexcept;

/// An exact variant that computes and stores the scores of all pairs, also of those that its
/// pattern hides.
class DenseVariant : public Exact {
 public:
  Count workspace_bytes(const Call& call) const noexcept final { return dense_bytes(call); }
  Theory theory(const Call&) const noexcept final { return {.time = {2}, .memory = {2}}; }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    attend_dense(*this, call, inputs, out, workspace.data);
  }

 protected:
  ~DenseVariant() = default;
};

/// A summary of one query's scores.
struct RowSum {
  float top;  ///< The largest score, as an exponent of two.
  float sum;  ///< The sum of the weights 2^(score - top).
};

/// Turns products q·k of consecutive keys into weights 2^(x - top), in place, and sums them up. The
/// first key stands `ahead` positions before the query. A product of -infinity gets no weight. If
/// there are no keys, top is -infinity and sum is 0.
RowSum weigh_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t keys,
                 float* scores) noexcept;

}  // namespace attnbench::kernels
