// The backward pass of linear attention, for any feature map that has a derivative.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/training.h"
#include "kernels/linear.h"

namespace attnbench::kernels {

/// A map phi that gradients go through. It has no peaks.
class TrainableMap : public FeatureMap {
 public:
  /// Given rows that map() has done and the gradients with respect to their features, [rows,
  /// pitch], writes the gradients with respect to the rows, [rows, head_dim].
  virtual void pull_back(const Problem&, const RowsToMap& rows, const float* gradients,
                         int64_t pitch, float* to) const noexcept = 0;

 protected:
  ~TrainableMap() = default;
};

/// What the forward pass gave, and the gradient with respect to its output.
struct LinearOutput {
  const Tensor<const float>& out;
  const float* inverse;  ///< See attend_linearly().
  const Tensor<const float>& d_out;
};

/// Computes the gradients with respect to q, k and v, given those with respect to out. The
/// conditions are those of Differentiable::backward; scratch is linear_backward_bytes() long and
/// aligned to 64 bytes. The result has the same bits for any number of threads.
void attend_linearly_backward(const TrainableMap& phi, const Call& call, const Inputs& inputs,
                              const LinearOutput& output, const Gradients& gradients,
                              std::byte* scratch) noexcept;
Count linear_backward_bytes(const TrainableMap& phi, const Call& call) noexcept;

/// The least operations of it, without those of the map and of its derivative, given m features,
/// d = head_dim, and what each query's sums were divided by.
///
/// By recurrences, as in linear_flops(): a query makes of d_out and out what weights are compared
/// with (3 d), adds to a state of m x (d + 1) numbers (2 m d + 2 m), and is multiplied by the keys'
/// state (2 m d + 2 m). A key adds to that state (2 m d + m), and is multiplied by the queries'
/// state for the gradient of its features (2 m d + m) and of its value (2 m d). Pair by pair, which
/// counts if it takes less, a pair takes 2 m for its weight, 2 d + 1 for the gradient of the
/// weight, and 2 m + 2 m + 2 d to add to three gradients.
Count linear_backward_flops(const Problem& problem, int64_t features) noexcept;

}  // namespace attnbench::kernels
