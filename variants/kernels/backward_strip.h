// A strip in the backward pass: the gradients of one block of keys.
#pragma once

#include <cstdint>

#include "kernels/linear_products.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// What a strip has in the backward pass beside its q, which is as in forward. Its `out`
/// [head_dim, lanes] is for d_q, and its `reference` is each row's logarithm of its sum of weights,
/// plus that of kWeightUnit.
struct StripGradients {
  alignas(64) float delta[kStripRows];  ///< Of each row: d_out·out times the scale of scores.
  float* d_out = nullptr;               ///< Times the scale of scores: [head_dim, lanes].
  /// The rows of q and d_out, for products that sum over rows: [tile, kStripRows, columns of a
  /// tile], with zeros beyond the last column.
  float* q_rows = nullptr;
  float* d_out_rows = nullptr;
  ValueColumns columns;
  bool loaded = false;  ///< Whether all of this holds the strip's rows.
};

/// Which gradients are wanted of a block of keys: the strip's d_q, or those of the keys, whose
/// first rows are at d_k and d_v. These are null if they are not wanted.
struct Wanted {
  bool d_q;
  float* d_k;
  float* d_v;
  bool prefetches =
      false;  ///< Whether to prefetch as many rows after the block's for the next one.
};

/// Room for kStripRows floats a key each, aligned to 64 bytes.
struct BlockScratch {
  float* scores;
  float* d_scores;
};

/// Adds what a block of neighbouring keys (on their lattice) contributes, as these vectors of the
/// strip see it.
void add_gradients(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
                   const KeyBlock& block, const Wanted& wanted,
                   const BlockScratch& scratch) noexcept;

}  // namespace attnbench::kernels
