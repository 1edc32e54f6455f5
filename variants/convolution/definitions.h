// What the definitions of convolutions' gradients share: plain loops over tokens
// (kernels/tokens.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/taps.h"
#include "kernels/tokens.h"

namespace attnbench {

/// The tokens [begin, end) of a sequence, one after the other.
template <class Real>
std::vector<Real> tokens_of(const Tensor<const float>& v, int64_t batch, int64_t begin,
                            int64_t end) {
  const int64_t width = v.heads * v.dim;
  std::vector<Real> tokens(static_cast<size_t>((end - begin) * width));
  for (int64_t t = begin; t < end; ++t)
    kernels::copy_token(v, batch, t, tokens.data() + (t - begin) * width);
  return tokens;
}

/// sums[i] += sum over tokens t of d[t][i]. The sum over the tokens is complete before it is added:
/// call it with a few hundred.
template <class Real>
void add_tokens(const Real* d, int64_t tokens, int64_t n, Real* sums) {
  for (int64_t i = 0; i < n; ++i) {
    Real sum = 0;
    for (int64_t t = 0; t < tokens; ++t) sum += d[t * n + i];
    sums[i] += sum;
  }
}

/// z of the queries `rows` of one sequence x: z_t = sum over j of w_j x_{t + right - j}.
template <class Real>
std::vector<Real> define_depthwise(const Problem& p, const kernels::Taps& taps,
                                   const float* weights, const Tensor<const float>& x,
                                   int64_t batch, const kernels::Range& rows) {
  const auto width = static_cast<size_t>(kernels::token_width(p));
  std::vector<Real> z(static_cast<size_t>(rows.end - rows.begin) * width), token(width);
  for (int64_t tap = 0; tap < taps.kernel; ++tap) {
    const kernels::Range positions = taps.positions(p, tap, rows.begin, rows.end);
    const float* const weight = weights + static_cast<size_t>(tap) * width;
    for (int64_t t = positions.begin; t < positions.end; ++t) {
      Real* const to = z.data() + static_cast<size_t>(t - aligned_position(p, rows.begin)) * width;
      kernels::copy_token(x, batch, t + taps.offset(tap), token.data());
      for (size_t c = 0; c < width; ++c) to[c] += static_cast<Real>(weight[c]) * token[c];
    }
  }
  return z;
}

/// Given the gradients g of z of the queries `rows`, a few hundred, adds to those of the weights
/// [kernel, width] and of x, which has the shape of v: the gradient of w_j is the sum of g_t x_{t +
/// right - j} over t, and that of x_s is the sum of w_j g_{s - right + j} over j.
template <class Real>
void define_depthwise_gradients(const Problem& p, const kernels::Taps& taps, const float* weights,
                                const Tensor<const float>& x, int64_t batch,
                                const kernels::Range& rows, const std::vector<Real>& g,
                                Real* d_weights, Real* d_x) {
  const auto width = static_cast<size_t>(kernels::token_width(p));
  for (int64_t tap = 0; tap < taps.kernel; ++tap) {
    std::vector<Real> sums(width), token(width), product(width);
    const kernels::Range positions = taps.positions(p, tap, rows.begin, rows.end);
    const float* const weight = weights + static_cast<size_t>(tap) * width;
    for (int64_t t = positions.begin; t < positions.end; ++t) {
      const int64_t from = t + taps.offset(tap);
      const Real* const of_output =
          g.data() + static_cast<size_t>(t - aligned_position(p, rows.begin)) * width;
      kernels::copy_token(x, batch, from, token.data());
      for (size_t c = 0; c < width; ++c) {
        sums[c] += of_output[c] * token[c];
        product[c] = of_output[c] * static_cast<Real>(weight[c]);
      }
      kernels::add_to_token(p, batch, from, product.data(), d_x);
    }
    for (size_t c = 0; c < width; ++c) d_weights[static_cast<size_t>(tap) * width + c] += sums[c];
  }
}

}  // namespace attnbench
