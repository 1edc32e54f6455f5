// Score modifiers: how scale, softcap and ALiBi turn q·k into the exponent of a weight.
#pragma once

#include <cstdint>

#include "attnbench/problem.h"

namespace attnbench::kernels {

/// The exponent x of a weight 2^x: x = factor * q·k; then, if cap is not 0, x = cap * tanh(x);
/// then, if alibi, x -= slope_of() * distance. log2(e) is folded into these numbers.
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

/// Applies softcap and ALiBi to `keys` scores of one query, in place. The scores hold factor * q·k.
/// The first key stands `ahead` positions before the query, and key i `step` * i positions after
/// the first.
void modify_row(const Modifiers& modifiers, float slope, int64_t ahead, int64_t step, int64_t keys,
                float* scores) noexcept;

/// The same for scores [keys, lanes], where each lane is a query with its own `slope` and `ahead`.
/// lanes is a multiple of kLanes, and all three arrays are aligned to whole vectors.
void modify_lanes(const Modifiers& modifiers, const float* slope, const float* ahead, int64_t step,
                  int64_t keys, int64_t lanes, float* scores) noexcept;

}  // namespace attnbench::kernels
