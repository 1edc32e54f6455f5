// What a convolution declares, and how it is trained: it keeps nothing for the backward pass.
#pragma once

#include "attnbench/training.h"
#include "attnbench/variant.h"
#include "kernels/taps.h"
#include "kernels/tokens.h"

namespace attnbench {

/// A variant that is a convolution over tokens (kernels/tokens.h) with kKernelParams. Beside what
/// Defines<Self> and DefinesGradients<Self> ask for it has
///   static Count operations(const Call&);  // of forward
///   static Count weights(const Call&);     // how many numbers, without the bias, which is [width]
template <class Self>
class ConvolutionVariant : public Defines<Self>, public DefinesGradients<Self> {
 public:
  Support supports(const Call& call) const noexcept final {
    return kernels::one_width(call.problem);
  }
  Cost cost(const Call& call) const noexcept final {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const int64_t width = kernels::token_width(p);
    const Count floats = Self::weights(call) + Count(width) +
                         count(p.batch, taps.tokens_read(p), width) +
                         count(p.batch, p.q_len, width);
    return {Self::operations(call), floats * Count(sizeof(float)), Count(1), taps.layers(p.kv_len)};
  }
  Theory theory(const Call&) const noexcept final { return {.time = {1}, .memory = {0}}; }

  const Differentiable* differentiable() const noexcept final { return this; }
  /// Each product of forward, of a weight and a number, makes one for the gradient of either.
  Cost backward_cost(const Call& call) const noexcept final {
    const Problem& p = call.problem;
    const Count products = Self::operations(call), weights = Self::weights(call);
    return {products + products,
            kernels::backward_traffic(p, kernels::Taps(p, call.params[0]).tokens_read(p), weights,
                                      weights + Count(kernels::token_width(p)))};
  }
  Count saved_bytes(const Call&) const noexcept final { return {}; }
  Theory training_theory(const Call&) const noexcept final { return {.time = {1}, .memory = {0}}; }
  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace&, const Workspace& workspace) const noexcept final {
    this->forward(call, in, out, workspace);
  }

 protected:
  ~ConvolutionVariant() = default;
};

}  // namespace attnbench
