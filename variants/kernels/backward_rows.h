// The rows of a strip in the backward pass: from tensors into scratch, and d_q back.
#pragma once

#include "kernels/backward_task.h"

namespace attnbench::kernels {

/// The floats that a strip and its gradients point to.
int64_t backward_strip_floats(int64_t head_dim);

/// Makes a strip of rows [first_row, first_row + rows) over memory from `floats` on. Its rows are
/// not loaded yet: a task may have no keys for them.
void place_backward(const BackwardJob& job, int64_t first_row, int64_t rows, float* floats,
                    Strip& strip, StripGradients& gradients);

/// Loads the strip's rows. Its d_q goes on from what an earlier pass has written.
void load_backward(const BackwardJob& job, Strip& strip, StripGradients& gradients);

/// Writes the strip's rows of d_q.
void store_d_q(const BackwardJob& job, const Strip& strip, const StripGradients& gradients);

}  // namespace attnbench::kernels
