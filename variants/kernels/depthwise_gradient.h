// The gradients of a depthwise convolution.
#pragma once

#include <cstdint>

#include "attnbench/count.h"
#include "attnbench/variant.h"
#include "kernels/taps.h"

namespace attnbench::kernels {

/// Given the gradients d of all outputs and all weights packed in reversed order (depthwise.h),
/// writes the gradients of the tokens, which have the shape of v.
void write_depthwise_token_gradients(const Call& call, const Taps& taps,
                                     const Tensor<const float>& d, const float* reversed,
                                     const Tensor<float>& to) noexcept;

/// The gradients of the weights and of the bias, which are sums over all tokens. All tokens are cut
/// into a few parts by the shape alone. Each thread sums up parts of some heads, block of tokens
/// after block, and then the parts' sums are added up in their order: the bits are the same for any
/// number of threads.
class DepthwiseGradient {
 public:
  DepthwiseGradient(const Problem& p, const Taps& taps);

  /// Of scratch.
  Count floats(int threads) const { return count(threads + parts_ * problem_.heads, sums()); }

  /// Given the gradients of the outputs, d, and the tokens x, fills the gradients of the weights
  /// [kernel, width] and of the bias [width], if that is not null. Scratch has floats().
  void write(int threads, const Tensor<const float>& d, const Tensor<const float>& x,
             float* weights, float* bias, float* scratch) const noexcept;

 private:
  /// Floats of one head's sums: [kernel + 1, head_dim], the bias last.
  int64_t sums() const { return (taps_.kernel + 1) * problem_.head_dim; }

  const Problem& problem_;
  const Taps& taps_;
  int64_t blocks_;  ///< Of a sequence.
  int64_t parts_;
};

}  // namespace attnbench::kernels
