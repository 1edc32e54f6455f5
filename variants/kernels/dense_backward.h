// The gradients of dense attention.
#pragma once

#include <cstddef>

#include "attnbench/variant.h"
#include "kernels/score_gradient.h"

namespace attnbench::kernels {

/// The exact scratch, in bytes, of attend_dense_backward(): the gradients of all scores; and
/// another tensor of that size for the scores, if these are computed again, as they are to get the
/// weights or the slopes of a softcap.
Count dense_backward_bytes(const Call& call, bool recomputes) noexcept;

/// Computes all gradients in four steps, each of which goes over whole tensors of all pairs, as the
/// math path of frameworks does. `weights` are those that attend_dense() left; null if they are to
/// be computed again from task.log_sums.
void attend_dense_backward(const Exact& pattern, const Backward& task, const float* weights,
                           std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
