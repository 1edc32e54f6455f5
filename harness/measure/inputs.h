// Deterministic inputs: the same problem, seed and style give the same bits on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attnbench/count.h"
#include "attnbench/variant.h"
#include "machine/buffer.h"

namespace attnbench::measure {

enum class InputStyle {
  kNormal,        ///< Standard-normal-like q, k, v.
  kLargeLogits,   ///< Scores reach +-1e4.
  kAllEqual,      ///< All key rows are equal, and all value rows.
  kOneHot,        ///< One key scores far above all others.
  kEqualWeights,  ///< Scores as equal as can be, values of +-1: see check_keys.h.
};

/// Owns q, k and v of one problem, and the inputs that a variant declares beside them.
class InputSet {
 public:
  InputSet(const Problem& problem, uint64_t seed, InputStyle style = InputStyle::kNormal,
           record::Pages pages = record::Pages::kHuge, const std::vector<ExtraInput>& extras = {});
  /// Writes other numbers to the memory of q, k and v.
  void fill(uint64_t seed, InputStyle style);
  /// Points into this object.
  Inputs view() const;
  /// The same q, k and v, for writing.
  struct Writable {
    Tensor<float> q, k, v;
  };
  Writable writable();

 private:
  Problem problem_;
  machine::Buffer q_, k_, v_;
  std::vector<machine::Buffer> extra_buffers_;
  std::vector<Tensor<const float>> extra_tensors_;
};

/// An output tensor of the problem's shape over memory of output_bytes.
Tensor<float> output_tensor(const Problem& problem, std::byte* memory);
Tensor<float> output_tensor(const Problem& problem, machine::Buffer& buffer);

/// The same tensor, for reading.
constexpr Tensor<const float> read_only(const Tensor<float>& t) {
  return {t.data, t.batch, t.heads, t.len, t.dim, t.type, t.scales};
}

int64_t input_bytes(const Problem& problem);
int64_t output_bytes(const Problem& problem);

}  // namespace attnbench::measure
