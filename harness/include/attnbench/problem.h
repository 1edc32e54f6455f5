// The problem that a variant solves: shapes, tensors and scratch, as plain structs.
#pragma once

#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "attnbench/types.h"

namespace attnbench {

/// The largest problem that a variant is asked about. The product of a length and all heads of a
/// sequence fits an int64; a product of more factors may not: use count() for it (count.h).
inline constexpr int64_t kMaxBatch = 65536;
inline constexpr int64_t kMaxHeads = 4096;
inline constexpr int64_t kMaxLength = int64_t{1} << 32;  ///< Of q_len and kv_len.
inline constexpr int64_t kMaxHeadDim = 512;
inline constexpr int64_t kMaxThreads = 1024;

/// One attention problem, in the shapes of PyTorch's scaled_dot_product_attention:
/// q and out are [batch, heads, q_len, head_dim]; k and v are [batch, kv_heads, kv_len, head_dim];
/// row-major, contiguous; all float32 unless dtype or kv_dtype says otherwise. Sums are kept in
/// float32 whatever the types. heads is a multiple of kv_heads (GQA, MQA): query head h reads key
/// head h / (heads / kv_heads).
struct Problem {
  int64_t batch = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t q_len = 1;
  int64_t kv_len = 1;
  int64_t head_dim = 64;
  bool causal = false;  ///< Aligned to the bottom right: query i sees keys j <= i + kv_len - q_len.

  /// Modifiers of the score s of query i and key j, in the order in which they apply.
  double scale = 0;    ///< s = scale * (q·k); 0 means 1/sqrt(head_dim).
  double softcap = 0;  ///< s becomes softcap * tanh(s / softcap), as in Gemma 2; 0 means no cap.
  bool alibi = false;  ///< s becomes s - alibi_slope(h) * |aligned_position(i) - j|.

  Type dtype = Type::kF32;     ///< Of q and out: kF32, kBf16 or kF16.
  Type kv_dtype = Type::kF32;  ///< Of k and v.

  friend auto operator<=>(const Problem&, const Problem&) = default;
};

/// The key position that query i stands at: the last query is aligned with the last key.
/// Negative if the query stands before the first key, which takes q_len > kv_len.
constexpr int64_t aligned_position(const Problem& p, int64_t query) {
  return query + p.kv_len - p.q_len;
}

/// The factor of q·k, with the default resolved.
inline double score_scale(const Problem& p) {
  return p.scale != 0 ? p.scale : 1 / std::sqrt(static_cast<double>(p.head_dim));
}

/// Whether softcap or alibi changes the scaled products.
constexpr bool modifies_scores(const Problem& p) {
  return p.softcap != 0 || p.alibi;
}

/// The slope of query head h (from 0), by Press et al. 2021: 2^(-8 (h + 1) / heads) if heads is a
/// power of two. Else let c be the largest power of two below heads: the first c heads have the
/// slopes that c heads would have, and the rest take every second slope of 2c heads, from the
/// first.
inline double alibi_slope(const Problem& p, int64_t head) {
  int64_t c = 1;
  while (2 * c <= p.heads) c *= 2;
  const auto exponent = static_cast<double>(head < c ? 2 * (head + 1) : 2 * (head - c) + 1);
  return std::exp2(-4 * exponent / static_cast<double>(c));
}

/// The integers of a param that is a list; empty if the config gives none.
struct List {
  const int64_t* values = nullptr;
  int64_t size = 0;
};

/// What a variant is asked to do: the problem, one value for each declared param (in their order),
/// the number of OpenMP threads to use, and the values of the param that is a list.
struct Call {
  Problem problem;
  const int64_t* params = nullptr;
  int threads = 1;
  List list = {};
};

/// A contiguous row-major 4-D tensor [batch, heads, len, dim]. It does not own its memory. Its
/// elements are T, float32 for a variant, unless `type` says otherwise: then `data` points to
/// elements of that type, and only row_as() and row_scales() find them.
template <class T>
struct Tensor {
  T* data = nullptr;
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t len = 0;
  int64_t dim = 0;
  Type type = Type::kF32;
  const uint16_t* scales = nullptr;  ///< Of kInt8 and kQ8_0, [batch, heads, len, scales_of_row].

  /// The [len, dim] matrix of one head.
  T* head(int64_t b, int64_t h) const { return data + (b * heads + h) * len * dim; }
  /// The [dim] row of one position.
  T* row(int64_t b, int64_t h, int64_t i) const { return head(b, h) + i * dim; }
  int64_t size() const { return batch * heads * len * dim; }

  /// The [dim] row of one position in a tensor of another type: uint16_t or int8_t.
  template <class Element>
  auto* row_as(int64_t b, int64_t h, int64_t i) const {
    using Held = std::conditional_t<std::is_const_v<T>, const Element, Element>;
    return reinterpret_cast<Held*>(data) + ((b * heads + h) * len + i) * dim;
  }
  /// The scales of that row.
  const uint16_t* row_scales(int64_t b, int64_t h, int64_t i) const {
    return scales + ((b * heads + h) * len + i) * scales_of_row(type, dim);
  }
};

/// What a call reads: q, k, v, and one tensor for each input that the variant declares beside them
/// (Variant::extra_inputs), in the order declared.
struct Inputs {
  Tensor<const float> q;
  Tensor<const float> k;
  Tensor<const float> v;
  const Tensor<const float>* extra = nullptr;
  int64_t extra_count = 0;
};

/// Scratch of exactly the size that Variant::workspace_bytes declared, aligned to 64 bytes,
/// with undefined contents.
struct Workspace {
  std::byte* data = nullptr;
  size_t bytes = 0;
};

}  // namespace attnbench
