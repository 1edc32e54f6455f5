// Products of row-major matrices, for variants that store scores. A row's result has the same bits
// whatever rows are multiplied along with it, except that calls of fewer than four rows sum in
// another order.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

/// scores = q k^T, not scaled. q is [rows, head_dim], k is [keys, head_dim], and the rows of scores
/// are `pitch` floats apart.
void multiply_keys(const float* q, int64_t rows, const float* k, int64_t keys, int64_t head_dim,
                   float* scores, int64_t pitch) noexcept;

/// out = weights v. v is [keys, head_dim], out is [rows, head_dim], and the rows of weights are
/// `pitch` floats apart.
void multiply_values(const float* weights, int64_t pitch, int64_t rows, const float* v,
                     int64_t keys, int64_t head_dim, float* out) noexcept;

/// out += weights^T x. x is [rows, head_dim], out is [keys, head_dim], and the rows of weights
/// [rows, keys] are `pitch` floats apart. A key's result has the same bits whatever keys are
/// multiplied along with it.
void add_transposed_product(const float* weights, int64_t pitch, int64_t rows, int64_t keys,
                            const float* x, int64_t head_dim, float* out) noexcept;

}  // namespace attnbench::kernels
