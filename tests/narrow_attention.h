// Plain attention in every type of elements, and ways to get a type wrong, for tests.
#pragma once

#include <vector>

#include "plain_attention.h"

namespace attnbench::test {

enum class NarrowFault {
  kNone,
  kIgnoresScales,   ///< Of int8 and q8_0.
  kMixesHalves,     ///< Takes bf16 for f16 and the other way round.
  kCutsOutput,      ///< Puts the output two numbers of its type towards zero.
  kLeavesElement,   ///< Does not write the last element of the output.
  kDropsFirstKey,   ///< If k and v are not float32.
  kChangesInput,    ///< Writes to k, unless it is float32.
  kOneScaleForAll,  ///< Takes the first scale of a row of q8_0 for all of it.
};

/// Widens all inputs to float32, and rounds each row of the output.
class Narrow final : public Plain {
 public:
  explicit Narrow(NarrowFault fault = NarrowFault::kNone) : fault_(fault) {}

  uint32_t takes() const noexcept override {
    return Plain::takes() | take::kBf16 | take::kF16 | take::kInt8 | take::kQ8_0;
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    std::vector<float> q, k, v, row(static_cast<size_t>(out.dim));
    const Inputs wide{widened(in.q, q), widened(in.k, k), widened(in.v, v)};
    if (fault_ == NarrowFault::kDropsFirstKey && in.k.type != Type::kF32)
      std::fill_n(v.begin(), v.size() / static_cast<size_t>(in.v.len), 0.0f);
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i) {
          attend(call.problem, wide, b, h, i, row.data(), reinterpret_cast<float*>(scratch.data));
          store(row, out, b, h, i);
        }
    if (fault_ == NarrowFault::kChangesInput && in.k.type != Type::kF32)
      *const_cast<uint8_t*>(in.k.row_as<uint8_t>(0, 0, 0)) ^= 1;
  }

 private:
  float half(Type type, uint16_t bits) const {
    const bool is_bf16 = (type == Type::kBf16) != (fault_ == NarrowFault::kMixesHalves);
    return is_bf16 ? float_from_bf16(bits) : float_from_f16(bits);
  }

  Tensor<const float> widened(const Tensor<const float>& t, std::vector<float>& to) const {
    for (int64_t b = 0; b < t.batch; ++b)
      for (int64_t h = 0; h < t.heads; ++h)
        for (int64_t i = 0; i < t.len; ++i)
          for (int64_t d = 0; d < t.dim; ++d) to.push_back(element(t, b, h, i, d));
    return {to.data(), t.batch, t.heads, t.len, t.dim};
  }

  float element(const Tensor<const float>& t, int64_t b, int64_t h, int64_t i, int64_t d) const {
    if (t.type == Type::kF32) return t.row(b, h, i)[d];
    if (element_bytes(t.type) == 2) return half(t.type, t.row_as<uint16_t>(b, h, i)[d]);
    const bool first = t.type == Type::kInt8 || fault_ == NarrowFault::kOneScaleForAll;
    const float scale = fault_ == NarrowFault::kIgnoresScales
                            ? 0.01f
                            : float_from_f16(t.row_scales(b, h, i)[first ? 0 : d / kScaleGroup]);
    return scale * static_cast<float>(t.row_as<int8_t>(b, h, i)[d]);
  }

  void store(const std::vector<float>& row, const Tensor<float>& out, int64_t b, int64_t h,
             int64_t i) const {
    const bool last = b + 1 == out.batch && h + 1 == out.heads && i + 1 == out.len;
    const int64_t dims = last && fault_ == NarrowFault::kLeavesElement ? out.dim - 1 : out.dim;
    for (int64_t d = 0; d < dims; ++d) {
      const float x = row[static_cast<size_t>(d)];
      if (out.type == Type::kF32) {
        out.row(b, h, i)[d] = x;
        continue;
      }
      uint16_t bits = out.type == Type::kBf16 ? bf16_from_float(x) : f16_from_float(x);
      if (fault_ == NarrowFault::kCutsOutput && (bits & 0x7FFFu) > 2) bits -= 2;
      out.row_as<uint16_t>(b, h, i)[d] = bits;
    }
  }

  NarrowFault fault_;
};

}  // namespace attnbench::test
