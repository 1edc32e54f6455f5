// Products of row-major matrices, for variants that store scores. The bits of a row depend on those
// beside it in this alone: whether there are four or more.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

/// scores = q k^T, unscaled: q is [rows, head_dim], k [keys, head_dim]; rows of scores are `pitch`
/// floats apart.
void multiply_keys(const float* q, int64_t rows, const float* k, int64_t keys, int64_t head_dim,
                   float* scores, int64_t pitch) noexcept;

/// out = weights v: v is [keys, head_dim], out [rows, head_dim]; rows of weights are `pitch` floats
/// apart.
void multiply_values(const float* weights, int64_t pitch, int64_t rows, const float* v,
                     int64_t keys, int64_t head_dim, float* out) noexcept;

}  // namespace attnbench::kernels
