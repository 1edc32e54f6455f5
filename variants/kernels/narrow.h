// Rows of tensors whose elements may be narrower than float32: widened to it, and rounded from it.
#pragma once

#include <cstdint>

#include "attnbench/problem.h"

namespace attnbench::kernels {

/// The rows of one head of a tensor of any type.
class HeadRows {
 public:
  HeadRows(const Tensor<const float>& tensor, int64_t batch, int64_t head)
      : tensor_(tensor),
        batch_(batch),
        head_(head),
        dim_(tensor.dim),
        floats_(tensor.type == Type::kF32 ? tensor.head(batch, head) : nullptr) {}

  /// A row as float32: where it is, or, if its type is narrower, widened into `room`.
  const float* row(int64_t i, float* room) const {
    if (floats_ != nullptr) return floats_ + i * dim_;
    widen(i, 1, 1, room);
    return room;
  }

  /// Widens `count` rows, i, i + step, ..., of a type that is narrower than float32: writes
  /// [count, dim] to `to`.
  void widen(int64_t i, int64_t step, int64_t count, float* to) const;

 private:
  const Tensor<const float>& tensor_;
  int64_t batch_, head_, dim_;
  const float* floats_;  ///< The first row, if the type is float32.
};

/// Rounds a row of float32 to the type of `out`, bf16 or f16, and writes it there: to the nearest,
/// ties to even. What is beyond f16 becomes infinity. NaN stays NaN.
void round_row(const float* row, const Tensor<float>& out, int64_t batch, int64_t head, int64_t i);

}  // namespace attnbench::kernels
