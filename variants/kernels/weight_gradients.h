// The gradients of a layer that multiplies tokens by matrices, such as a convolution.
#pragma once

#include <cstdint>

#include "kernels/taps.h"
#include "kernels/tiles.h"

namespace attnbench::kernels {

/// Given the gradients d of the outputs of a dense convolution with the matrices `weights` [kernel,
/// width, width], writes those of its tokens, which have the shape of v. Scratch has room for the
/// matrices, packed: [kernel, width, Tiles::all_lanes()].
void write_dense_token_gradients(const Call& call, const Taps& taps,
                                 const Tensor<const float>& weights, const Tensor<const float>& d,
                                 float* scratch, const Tensor<float>& to) noexcept;

/// The tokens that meet: rows [begin, end) of d, which are gradients of outputs, and of x those
/// `shift` further on. Both have all heads of a batch entry.
struct MeetingTokens {
  const Tensor<const float>& d;
  const Tensor<const float>& x;
  int64_t begin, end, shift;
};

/// The gradient of a matrix [width, width], which has a row for each output, done in tasks: element
/// (i, j) is the sum over batch entries and tokens of d's channel i times x's channel j. Each is
/// summed up by one thread, block of tokens after block, so that bits are the same for any number
/// of threads.
class MatrixGradient {
 public:
  explicit MatrixGradient(const Problem& p)
      : tiles_(p),
        blocks_(divide_up(tiles_.width, kRows)),
        rows_(round_up(divide_up(tiles_.width, blocks_), 6)) {}

  int64_t tasks() const { return tiles_.count * blocks_; }

  /// Writes the task's part of the gradient. `scratch` is kScratch floats, aligned to 64 bytes.
  void write(int64_t task, const MeetingTokens& tokens, float* scratch, float* to) const noexcept;

  /// Rows that a task has at most, and tokens of a block: what they need stays in a core's nearest
  /// cache.
  static constexpr int64_t kRows = 48, kTokens = 64;
  static constexpr int64_t kScratch = kRows * kTileLanes + kTokens * (kRows + kTileLanes);

 private:
  const Tiles tiles_;
  const int64_t blocks_, rows_;
};

/// Writes the gradient of a bias [width]: the sum of d, the gradients of a layer's outputs, over
/// all queries that do not stand before the first token.
void write_bias_gradient(const Call& call, const Tensor<const float>& d, float* to) noexcept;

}  // namespace attnbench::kernels
