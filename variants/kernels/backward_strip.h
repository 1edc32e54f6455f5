// A strip in the backward pass: its rows, and the gradients of one block of keys.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/backward.h"
#include "kernels/rows.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// What a strip has in the backward pass beside its q, which is as in forward. Its `out`
/// [head_dim, lanes] is for d_q, and its `reference` is each row's logarithm of its sum of weights.
struct StripGradients {
  alignas(64) float delta[kStripRows];  ///< Of each row: d_out·out.
  float* d_out;                         ///< [head_dim, lanes]
  /// Rows of q and d_out for products that sum over lanes: panels of a few vectors of dims,
  /// [panel][lane][vector], with zeros for lanes and dims that do not exist.
  float* packed_q;
  float* packed_d_out;
};

/// The floats that a strip and its gradients point to.
int64_t backward_strip_floats(int64_t head_dim);

/// Makes a strip of rows [first_row, first_row + rows), over memory from `floats` on. The job's out
/// is d_q; if `goes_on`, the strip goes on from what it holds.
void load_backward(const Job& job, const Backward& task, int64_t first_row, int64_t rows,
                   bool goes_on, float* floats, Strip& strip, StripGradients& gradients);

/// Writes the strip's rows of d_q.
void store_d_q(const Job& job, const Strip& strip);

/// Computes a row of d_q anew, on its own, over the keys that its query sees in any of the passes.
void mend_d_q(const Job& job, const Backward& task, std::span<const Pass> passes, int64_t row);

/// Which gradients are wanted of a block of keys: the strip's d_q, or those of the keys, whose
/// first rows are at d_k and d_v. These are null if they are not wanted.
struct Wanted {
  bool d_q;
  float* d_k;
  float* d_v;
};

/// The floats of scratch that add_gradients() needs for each key of a block.
inline constexpr int64_t kBackwardFloatsAKey = 3 * kStripRows;

/// Adds what a block of neighbouring keys (on their lattice) contributes, as these vectors of the
/// strip see it. `scale` is that of the scores; `scratch` is aligned to 64 bytes.
void add_gradients(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
                   const KeyBlock& block, float scale, const Wanted& wanted,
                   float* scratch) noexcept;

}  // namespace attnbench::kernels
