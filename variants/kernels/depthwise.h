// A depthwise convolution of one head's tokens: each channel has weights of its own, and meets no
// other channel.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/problem.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {

/// Packs weights [kernel, width] as [heads, kernel, head_dim]. (With a whole width between them,
/// the weights of many taps would meet in a few sets of the nearest cache, and evict each other.)
/// If `reversed`, taps are in the opposite order.
void pack_depthwise(const Problem& p, const Taps& taps, const float* weights, float* to,
                    bool reversed = false) noexcept;

/// The weights of one head, [kernel, head_dim], or of all. A bias that is null counts as zero.
struct DepthwiseWeights {
  const float* weights;
  const float* bias;
};

/// Tokens whose sums are kept in registers at once, so that one load of a weight serves them all.
inline constexpr int64_t kDepthwiseTokens = 8;

/// Convolves x, which is the [kv_len, head_dim] matrix of one head's tokens, and writes the outputs
/// of queries [first, end) to out, [end - first, head_dim]. Rows of queries before the first token
/// are 0. An output's bits do not depend on which other queries are asked for.
void convolve_depthwise(const Problem& p, const Taps& taps, const float* x,
                        const DepthwiseWeights& weights, int64_t first, int64_t end,
                        float* out) noexcept;

/// The gradient with respect to tokens [first, end) of x, given that of one head's outputs,
/// d [q_len, head_dim], and the weights packed in reversed order: a convolution too, in which a
/// token takes from each output that reads it.
void convolve_depthwise_back(const Problem& p, const Taps& taps, const float* d,
                             const float* reversed, int64_t first, int64_t end, float* to) noexcept;

/// Cuts the `rows` rows of each head into tasks, and calls body(batch, head, first, end) for each,
/// on all threads. A task writes 8192 floats and reads about as many, and both stay in a core's
/// nearest caches.
template <class Body>
void for_each_depthwise_task(const Call& call, int64_t rows, const Body& body) {
  constexpr int64_t kTaskFloats = 8192;
  const Problem& p = call.problem;
  const int64_t some = round_up(divide_up(kTaskFloats, p.head_dim), kDepthwiseTokens);
  const int64_t tasks = divide_up(rows, some);
  for_each_task(call.threads, p.batch * p.heads * tasks, [&](int64_t task, int) {
    const int64_t first = task % tasks * some;
    body(task / tasks / p.heads, task / tasks % p.heads, first, std::min(first + some, rows));
  });
}

/// Convolves the tokens of all heads, with the packed weights of all.
void convolve_depthwise(const Call& call, const Taps& taps, const Tensor<const float>& x,
                        const DepthwiseWeights& weights, const Tensor<float>& out) noexcept;

}  // namespace attnbench::kernels
