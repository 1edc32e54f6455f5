// Calls in types narrower than float32, for kernels that know float32 only: copies of the tensors.
#pragma once

#include <cstddef>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// Whether some tensor of the problem is not float32.
constexpr bool has_narrow_types(const Problem& p) {
  return p.dtype != Type::kF32 || p.kv_dtype != Type::kF32;
}

/// The tensors of a call in float32: copies of the narrow ones, in scratch, and those that are
/// float32 anyhow.
class Widened {
 public:
  /// The scratch of the copies, and of `own` bytes behind them.
  static Count bytes(const Call& call, Count own) noexcept;

  /// Rows of head_dim that are copied for each query row, if there are as many queries as keys.
  static double rows_a_query(const Problem& p) noexcept {
    return (p.dtype != Type::kF32 ? 2 : 0) +
           (p.kv_dtype != Type::kF32
                ? 2 * static_cast<double>(p.kv_heads) / static_cast<double>(p.heads)
                : 0);
  }

  /// Widens the inputs. `scratch` is bytes() long and aligned to 64 bytes.
  Widened(const Call& call, const Inputs& in, const Tensor<float>& out,
          std::byte* scratch) noexcept;

  const Inputs& inputs() const { return inputs_; }
  const Tensor<float>& out() const { return out_; }
  std::byte* own() const { return own_; }

  /// Rounds what out() holds to the output's type, and writes it there.
  void round_out() const noexcept;

 private:
  const Call& call_;
  const Tensor<float>& narrow_out_;
  Inputs inputs_;
  Tensor<float> out_;
  std::byte* own_;
};

}  // namespace attnbench::kernels
