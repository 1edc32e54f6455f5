// One trial set up: its inputs, output and scratch, each between fences.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/trial.h"
#include "measure/fenced_block.h"

namespace attnbench::conformance {

/// Memory for calls of one trial, with its number of threads: the workspace is for no more. Every
/// block touches a fence at the end that the seed decides; where that is the back, tensors are
/// aligned to a float and no more.
class Stage {
 public:
  /// Points to both; they must outlive it.
  Stage(const registry::Entry& entry, const Trial& trial);

  /// One call over zeroed scratch and a poisoned out: what it left in out.
  std::vector<float> forward();
  /// One call over scratch and out that are filled with a byte.
  std::vector<float> forward_over(std::byte fill);
  /// Fills these keys and their values, of every head, with NaN, infinity and the largest float.
  void spoil_keys(const std::vector<int64_t>& keys);
  /// The call alone.
  void call_forward();

  Call call() const { return trial_.call(); }
  const Inputs& inputs() const { return inputs_; }
  const Tensor<float>& out() const { return out_tensor_; }

  /// Empty where only what may be touched was touched, else what and where.
  std::string trespass() const;

 private:
  Stage(const registry::Entry& entry, const Trial& trial, const measure::InputSet& set,
        measure::FencedEnd end);

  const registry::Entry& entry_;
  const Trial& trial_;
  measure::FencedBlock q_, k_, v_, out_, scratch_;
  Inputs inputs_;
  Tensor<float> out_tensor_;
};

}  // namespace attnbench::conformance
