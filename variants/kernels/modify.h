// Score modifiers: what a problem makes of q·k on its way to an exponent of two.
#pragma once

#include <cstdint>

#include "attnbench/problem.h"

namespace attnbench::kernels {

/// x = factor * q·k; then, where cap is not 0, x = cap * tanh(x); then, with alibi, x -= slope_of *
/// distance. Weights are 2^x: log2(e) is folded in.
struct Modifiers {
  float factor;
  float cap;
  bool alibi;

  /// Whether x is more than a scaled product.
  bool any() const { return cap != 0 || alibi; }
};
Modifiers modifiers_of(const Problem& problem) noexcept;

/// A head's alibi slope times log2(e); 0 without alibi.
float slope_of(const Problem& problem, int64_t head) noexcept;

/// Caps and biases `keys` scores of one query, in place. They hold factor * q·k; key i stands
/// `step` * i behind the first, which stands `ahead` before the query.
void modify_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t step, int64_t keys,
                float* scores) noexcept;

/// The same for `keys` rows of `lanes` queries each, `lanes` a multiple of the vector; `slope` and
/// `ahead` by lane, both aligned.
void modify_lanes(const Modifiers& modifiers, const float* slope, const float* ahead, int64_t step,
                  int64_t keys, int64_t lanes, float* scores) noexcept;

}  // namespace attnbench::kernels
