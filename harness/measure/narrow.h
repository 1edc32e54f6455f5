// Tensors of narrower types than float32: numbers rounded to them, and what the types made of the
// numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attnbench/variant.h"
#include "measure/fenced_block.h"
#include "measure/inputs.h"

namespace attnbench::measure {

/// Whether any tensor of the problem is of another type than float32.
constexpr bool has_narrow_types(const Problem& p) {
  return p.dtype != Type::kF32 || p.kv_dtype != Type::kF32;
}

/// Memory for one tensor of a problem, with its scales.
class NarrowTensor {
 public:
  NarrowTensor(Type type, const Tensor<const float>& shape, FencedEnd end, record::Pages pages);

  /// Rounds the numbers to the type. A number beyond the type becomes infinite, and of int8 and
  /// q8_0 NaN, with all that share its scale.
  void round(const Tensor<const float>& wide);
  /// Writes the numbers that the tensor holds.
  void widen(const Tensor<float>& wide) const;
  /// Bits that no computation yields and that widen() makes numbers of which is_widened_poison is
  /// true.
  void poison() const;
  void fill(std::byte value) const;

  Tensor<float> tensor() const;
  std::string trespass() const;
  void evict() const;

 private:
  Tensor<float> shape_;
  FencedBlock elements_, scales_;
};

/// Whether the bits are what NarrowTensor::widen makes of memory that was poisoned.
bool is_widened_poison(uint32_t bits);

/// q, k and v in the types of a problem.
class NarrowInputs {
 public:
  explicit NarrowInputs(const Problem& problem, FencedEnd end = FencedEnd::kFront,
                        record::Pages pages = record::Pages::kHuge);

  /// Rounds these numbers to the types, and replaces each by the number that its rounding stands
  /// for: so `wide` is exactly what a variant is given. With `smooth_k`, takes k's mean over the
  /// tokens of each head from k first.
  void take(const InputSet::Writable& wide, bool smooth_k);
  /// What the variant is given: the narrow tensors, and those of `wide` that are float32.
  Inputs view(const Inputs& wide) const;

  std::string trespass() const;
  void evict() const;

 private:
  std::optional<NarrowTensor> q_, k_, v_;
};

/// Says which number of the inputs the problem's types can't hold; empty if they can hold all.
std::string beyond_types(const Problem& problem, const Inputs& wide);

}  // namespace attnbench::measure
