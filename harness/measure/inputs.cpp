// Deterministic inputs: every element is a hash of (seed, tensor, index), so that order, thread
// count and machine do not matter.
#include "measure/inputs.h"

#include <cmath>

#include "measure/fill_extra.h"
#include "measure/number_stream.h"

namespace attnbench::measure {
namespace {

/// The stream of each tensor; those of the extra inputs follow.
enum Which : uint64_t { kQ = 1, kK = 2, kV = 3, kExtra = 4 };

template <class F>
void fill_with(const machine::Buffer& buffer, F value) {
  const auto floats = buffer.floats();
  const auto n = static_cast<int64_t>(floats.size());
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; ++i) floats[static_cast<size_t>(i)] = value(i);
}

size_t bytes_of(int64_t batch, int64_t heads, int64_t len, int64_t dim) {
  return static_cast<size_t>(count(batch, heads, len, dim, sizeof(float)).value());
}

void fill_scaled(const machine::Buffer& buffer, const NumberStream& stream, float factor) {
  fill_with(buffer, [&](int64_t i) { return factor * stream.normal(i); });
}

/// Writes the same row to every position of a head.
void fill_rows_equal(const machine::Buffer& buffer, const NumberStream& stream, int64_t len,
                     int64_t dim) {
  fill_with(buffer, [&](int64_t i) { return stream.normal(i / (len * dim) * dim + i % dim); });
}

/// All queries point in one direction; one hot key of each head lies far along it, the other keys
/// anywhere. The hot key's score is at least 35 above the others, for every query.
void fill_one_hot(const machine::Buffer& q, const machine::Buffer& k, const NumberStream& q_stream,
                  const NumberStream& k_stream, int64_t kv_len, int64_t dim) {
  fill_with(q, [&](int64_t i) { return 1 + 0.1f * q_stream.normal(i); });
  fill_with(k, [&](int64_t i) {
    const int64_t row = i / dim;
    const int64_t head = row / kv_len;
    const auto hot = static_cast<int64_t>(k_stream.word(-1 - head) % static_cast<uint64_t>(kv_len));
    return row % kv_len == hot ? 64.0f : k_stream.normal(i);
  });
}

/// Writes zeros, so that all scores are 0. Under ALiBi without softcap, scores cancel the bias
/// instead: even queries (if causal, all) score the keys before them equally, odd ones those after
/// them.
void fill_equal_scores(const machine::Buffer& q, const machine::Buffer& k, const Problem& p) {
  const int64_t dim = p.head_dim;
  if (!p.alibi || p.softcap != 0) return fill_with(q, [](int64_t) { return 0.0f; });
  fill_with(q, [&](int64_t i) {
    const int64_t query = i / dim % p.q_len, head = i / dim / p.q_len % p.heads;
    const double undone = alibi_slope(p, head) / score_scale(p);
    return i % dim != 0 ? 0.0f : static_cast<float>(p.causal || query % 2 == 0 ? undone : -undone);
  });
  fill_with(k, [&](int64_t i) {
    return i % dim != 0 ? 0.0f : static_cast<float>(p.kv_len / 2 - i / dim % p.kv_len);
  });
}

}  // namespace

InputSet::InputSet(const Problem& p, uint64_t seed, InputStyle style, record::Pages pages,
                   const std::vector<ExtraInput>& extras)
    : problem_(p),
      q_(bytes_of(p.batch, p.heads, p.q_len, p.head_dim), pages),
      k_(bytes_of(p.batch, p.kv_heads, p.kv_len, p.head_dim), pages),
      v_(bytes_of(p.batch, p.kv_heads, p.kv_len, p.head_dim), pages) {
  for (const ExtraInput& extra : extras) {
    const machine::Buffer& buffer = extra_buffers_.emplace_back(
        bytes_of(extra.batch, extra.heads, extra.len, extra.dim), pages);
    fill_extra(buffer.floats(), extra,
               NumberStream(seed ^ mix(static_cast<uint64_t>(extra.seed)),
                            kExtra + static_cast<uint64_t>(extra_tensors_.size())));
    extra_tensors_.push_back(
        {buffer.floats().data(), extra.batch, extra.heads, extra.len, extra.dim});
  }
  fill(seed, style);
}

void InputSet::fill(uint64_t seed, InputStyle style) {
  const Problem& p = problem_;
  const NumberStream q(seed, kQ), k(seed, kK), v(seed, kV);
  if (style == InputStyle::kOneHot) {
    fill_one_hot(q_, k_, q, k, p.kv_len, p.head_dim);
    fill_scaled(v_, v, 1);
    return;
  }
  if (style == InputStyle::kEqualWeights) {
    fill_scaled(k_, k, 1);
    fill_equal_scores(q_, k_, p);
    fill_with(v_, [&](int64_t i) { return v.word(i) >> 63 == 0 ? 1.0f : -1.0f; });
    return;
  }
  // Scores of unit inputs have standard deviation 1; 60 * 60 puts 1e4 at three deviations.
  const float factor = style == InputStyle::kLargeLogits ? 60.0f : 1.0f;
  fill_scaled(q_, q, factor);
  if (style == InputStyle::kAllEqual) {
    fill_rows_equal(k_, k, p.kv_len, p.head_dim);
    fill_rows_equal(v_, v, p.kv_len, p.head_dim);
  } else {
    fill_scaled(k_, k, factor);
    fill_scaled(v_, v, 1);
  }
}

Inputs InputSet::view() const {
  const Problem& p = problem_;
  const auto tensor = [&](const machine::Buffer& buffer, int64_t heads, int64_t len) {
    return Tensor<const float>{buffer.floats().data(), p.batch, heads, len, p.head_dim};
  };
  return {tensor(q_, p.heads, p.q_len), tensor(k_, p.kv_heads, p.kv_len),
          tensor(v_, p.kv_heads, p.kv_len), extra_tensors_.data(),
          static_cast<int64_t>(extra_tensors_.size())};
}

InputSet::Writable InputSet::writable() {
  const Problem& p = problem_;
  const auto tensor = [&](const machine::Buffer& buffer, int64_t heads, int64_t len) {
    return Tensor<float>{buffer.floats().data(), p.batch, heads, len, p.head_dim};
  };
  return {tensor(q_, p.heads, p.q_len), tensor(k_, p.kv_heads, p.kv_len),
          tensor(v_, p.kv_heads, p.kv_len)};
}

Tensor<float> output_tensor(const Problem& p, std::byte* memory) {
  return {reinterpret_cast<float*>(memory), p.batch, p.heads, p.q_len, p.head_dim};
}

Tensor<float> output_tensor(const Problem& problem, machine::Buffer& buffer) {
  return output_tensor(problem, buffer.data());
}

int64_t input_bytes(const Problem& p) {
  const Count keys(bytes_of(p.batch, p.kv_heads, p.kv_len, p.head_dim));
  return (Count(output_bytes(p)) + keys + keys).value();
}

int64_t output_bytes(const Problem& p) {
  return static_cast<int64_t>(bytes_of(p.batch, p.heads, p.q_len, p.head_dim));
}

}  // namespace attnbench::measure
