// Dense attention: every pair's score is stored, softmaxed and multiplied; a mask hides what a
// pattern does not see.
#pragma once

#include <cstddef>

#include "attnbench/variant.h"
#include "kernels/modify.h"

namespace attnbench::kernels {

/// Exact scratch, in bytes, that attend_dense needs: the scores of all heads.
Count dense_bytes(const Call& call) noexcept;

/// Exact attention of every query over pattern.visible_keys in three passes over the whole score
/// tensor, as frameworks' math path makes them. Conditions as for Variant::forward; scratch is
/// dense_bytes long and aligned to 64 bytes.
void attend_dense(const Variant& pattern, const Call& call, const Inputs& inputs,
                  const Tensor<float>& out, std::byte* scratch) noexcept;

/// An exact variant that stores all scores, whatever it sees of them.
class DensePattern : public Variant {
 public:
  Count workspace_bytes(const Call& call) const noexcept final { return dense_bytes(call); }
  Theory theory(const Call&) const noexcept final { return {.time = {2}, .memory = {2}}; }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    attend_dense(*this, call, inputs, out, workspace.data);
  }

 protected:
  ~DensePattern() = default;
};

/// What becomes of one query's scores: the largest as an exponent of two, and the sum of weights.
struct RowSum {
  float top;
  float sum;
};

/// Turns products q·k of consecutive keys into weights 2^(x - top), in place; the first key stands
/// `ahead` before the query. -infinity stays hidden. No keys have the top -infinity and the sum 0.
RowSum weigh_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t keys,
                 float* scores) noexcept;

}  // namespace attnbench::kernels
