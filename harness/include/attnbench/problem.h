// The problem that a variant solves: shapes, tensors and scratch, as plain structs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attnbench {

/// One attention problem, in the shapes of PyTorch's scaled_dot_product_attention:
/// q and out are [batch, heads, q_len, head_dim]; k and v are [batch, kv_heads, kv_len, head_dim];
/// all float32, row-major, contiguous. The scale is 1/sqrt(head_dim).
/// heads is a multiple of kv_heads (GQA, MQA): query head h reads key head h / (heads / kv_heads).
struct Problem {
  int64_t batch = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t q_len = 1;
  int64_t kv_len = 1;
  int64_t head_dim = 64;
  bool causal = false;  ///< Aligned to the bottom right: query i sees keys j <= i + kv_len - q_len.
};

/// The key position that query i stands at: the last query is aligned with the last key.
/// Negative where q_len > kv_len and the query stands before the first key.
constexpr int64_t aligned_position(const Problem& p, int64_t query) {
  return query + p.kv_len - p.q_len;
}

/// What a variant is asked to do: the problem, one value for each declared param (in their order),
/// and the number of OpenMP threads to use.
struct Call {
  Problem problem;
  const int64_t* params = nullptr;
  int threads = 1;
};

/// A contiguous row-major 4-D tensor [batch, heads, len, dim] that somebody else owns.
template <class T>
struct Tensor {
  T* data = nullptr;
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t len = 0;
  int64_t dim = 0;

  /// The [len, dim] matrix of one head.
  T* head(int64_t b, int64_t h) const { return data + (b * heads + h) * len * dim; }
  /// The [dim] row of one position.
  T* row(int64_t b, int64_t h, int64_t i) const { return head(b, h) + i * dim; }
  int64_t size() const { return batch * heads * len * dim; }
};

struct Inputs {
  Tensor<const float> q;
  Tensor<const float> k;
  Tensor<const float> v;
};

/// Scratch of exactly the size that Variant::workspace_bytes declared, aligned to 64 bytes,
/// with undefined contents.
struct Workspace {
  std::byte* data = nullptr;
  size_t bytes = 0;
};

}  // namespace attnbench
