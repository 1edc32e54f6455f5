// A tensor of a type narrower than float32, made of float32 numbers, for tests: with no more than
// the contract, so that it shares nothing with the harness's own and compiles for any machine.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench {

class NarrowCopy {
 public:
  /// Memory for a tensor of this shape. It is as large as the tensor needs, and begins beside every
  /// alignment but that of an element.
  NarrowCopy(Type type, const Tensor<const float>& shape)
      : shape_{nullptr, shape.batch, shape.heads, shape.len, shape.dim, type},
        elements_(static_cast<size_t>((shape.size() + 1) * element_bytes(type))),
        scales_(static_cast<size_t>(shape.batch * shape.heads * shape.len *
                                    scales_of_row(type, shape.dim))) {}

  Tensor<float> tensor() {
    Tensor<float> t = shape_;
    t.data = reinterpret_cast<float*>(elements_.data() + element_bytes(t.type));
    t.scales = scales_.data();
    return t;
  }
  Tensor<const float> read_only() {
    const Tensor<float> t = tensor();
    return {t.data, t.batch, t.heads, t.len, t.dim, t.type, t.scales};
  }

  /// Rounds the numbers to the type. With scales, the largest number of a group becomes 127.
  void round(const float* numbers) {
    const int64_t group = numbers_of_scale();
    for (int64_t i = 0; group == 0 && i < shape_.size(); ++i)
      at<uint16_t>(i) =
          shape_.type == Type::kBf16 ? bf16_from_float(numbers[i]) : f16_from_float(numbers[i]);
    for (int64_t i = 0; group > 0 && i < shape_.size(); ++i) {
      uint16_t& scale = scales_[static_cast<size_t>(i / group)];
      if (i % group == 0) scale = f16_from_float(largest(numbers + i, group) / 127);
      const float steps = numbers[i] / float_from_f16(scale);
      at<int8_t>(i) = std::isfinite(steps)
                          ? static_cast<int8_t>(std::clamp(std::nearbyint(steps), -127.f, 127.f))
                          : int8_t{0};
    }
  }

  /// Writes the numbers that the tensor holds.
  void widen(float* to) {
    const int64_t group = numbers_of_scale();
    for (int64_t i = 0; i < shape_.size(); ++i) {
      if (group > 0)
        to[i] = static_cast<float>(at<int8_t>(i)) *
                float_from_f16(scales_[static_cast<size_t>(i / group)]);
      else
        to[i] = shape_.type == Type::kBf16 ? float_from_bf16(at<uint16_t>(i))
                                           : float_from_f16(at<uint16_t>(i));
    }
  }

  /// All elements become NaN.
  void poison() {
    for (int64_t i = 0; i < shape_.size(); ++i) at<uint16_t>(i) = 0x7FFF;
  }

 private:
  template <class Element>
  Element& at(int64_t i) {
    return tensor().row_as<Element>(0, 0, 0)[i];
  }
  int64_t numbers_of_scale() const {
    const int64_t scales = scales_of_row(shape_.type, shape_.dim);
    return scales == 0 ? 0 : shape_.dim / scales;
  }
  static float largest(const float* x, int64_t count) {
    float most = 0;
    for (int64_t i = 0; i < count; ++i)
      most = std::isnan(x[i]) ? x[i] : std::max(most, std::abs(x[i]));
    return most;
  }

  Tensor<float> shape_;
  std::vector<std::byte> elements_;
  std::vector<uint16_t> scales_;
};

}  // namespace attnbench
