// The gradients of exact attention over whichever keys a pattern says are visible: the scores are
// computed again from what forward kept, block by block (Dao et al. 2022, algorithm 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/engine.h"
#include "kernels/exact_gradient.h"

namespace attnbench::kernels {

/// The exact scratch, in bytes, of attend_backward(): the same for every length, and at most 2 MiB
/// a thread.
Count backward_bytes(const Call& call, std::span<const Pass> passes) noexcept;

/// Computes the gradients. `passes` are one or two patterns without a common key, and together all
/// that each query sees. Scratch is backward_bytes() long, and aligned to 64 bytes.
void attend_backward(std::span<const Pass> passes, const Backward& task,
                     std::byte* scratch) noexcept;

}  // namespace attnbench::kernels
