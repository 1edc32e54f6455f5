// The backward pass of one query's softmax: the gradients of its products with consecutive keys.
#pragma once

#include <cstdint>

#include "kernels/exact_gradient.h"
#include "kernels/modify.h"

namespace attnbench::kernels {

/// What the gradients of one query's products depend on, beside its products.
class QueryBackward {
 public:
  /// `delta` is delta_of() the same query.
  QueryBackward(const Backward& task, int64_t batch, int64_t head, int64_t query,
                float delta) noexcept;
  QueryBackward(const Backward& task, int64_t batch, int64_t head, int64_t query) noexcept
      : QueryBackward(task, batch, head, query, delta_of(task, batch, head, query)) {}

  /// d_out·out, which is the sum of weight times d_out·v.
  static float delta_of(const Backward& task, int64_t batch, int64_t head, int64_t query) noexcept;

  /// Turns products q·k of `keys` consecutive keys, from `first_key` on, into weights, and products
  /// d_out·v into the gradients of q·k.
  void weigh(int64_t first_key, int64_t keys, float* products_k, float* products_v) const noexcept;

  /// The same with the weights known. `products_k` is read only if there is a softcap, and what it
  /// holds then changes; it may be null if there is none.
  void pull(const float* weights, int64_t keys, float* products_k,
            float* products_v) const noexcept;

 private:
  /// If there is a softcap, turns q·k into capped scores, takes delta from d_out·v, and multiplies
  /// that by the slope of the cap, 1 - tanh^2. Returns what is still to be taken from d_out·v.
  float cap(int64_t keys, float* products_k, float* products_v) const;

  Modifiers modifiers_;
  float scale_, slope_, log_sum_;
  float delta_;
  int64_t position_;
};

}  // namespace attnbench::kernels
