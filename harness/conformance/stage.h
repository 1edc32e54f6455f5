// One trial set up: its inputs, output and scratch, each between fences.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "conformance/trial.h"
#include "measure/fenced_block.h"
#include "measure/narrow.h"

namespace attnbench::conformance {

/// Memory for calls of one trial; the workspace is for the trial's threads and no more. The seed
/// decides at which end every block touches a fence; if at the back, tensors are aligned to a float
/// and no more.
class Stage {
 public:
  /// Refers to both arguments, which must outlive it.
  Stage(const registry::Entry& entry, const Trial& trial);

  /// Makes one call over zeroed scratch and a poisoned out; returns what it left in out.
  std::vector<float> forward();
  /// The same over scratch and out filled with `fill`.
  std::vector<float> forward_over(std::byte fill);
  /// Fills these keys and their values, of every head, with NaN, infinity and the largest float.
  void spoil_keys(const std::vector<int64_t>& keys);
  /// Writes other numbers to q, k, v and declared inputs at all positions behind that of this
  /// query. A declared input has positions if it is not learned and its length follows kv_len or
  /// q_len, which its length in a longer problem shows. Returns false if there are such inputs to
  /// tell about and the variant does no longer problem: they were left as they were.
  bool change_behind(int64_t query);
  /// Makes the call alone, on what the inputs held when the last call was prepared.
  void call_forward();
  /// The decisions of one head, asked for over scratch and decisions filled with `fill`; none if
  /// the data decide nothing in the variant.
  std::vector<int32_t> decide_over(std::byte fill, int64_t batch, int64_t head);

  Call call() const { return trial_.call(); }
  /// The inputs in float32: of narrower types, the numbers that they are given as.
  const Inputs& inputs() const { return inputs_; }
  /// The same in the types of the problem, as a call is given them.
  Inputs given() const { return narrow_ ? narrow_->view(inputs_) : inputs_; }
  const Tensor<float>& out() const { return out_tensor_; }
  /// The memory of q, k and v.
  measure::InputSet::Writable writable() const;
  const std::vector<ExtraInput>& extras() const { return extras_; }
  /// The end at which every block of this trial touches a fence.
  measure::FencedEnd fenced_end() const { return end_; }

  /// Which block was touched outside its bounds, and where; empty if none was.
  std::string trespass() const;

 private:
  Stage(const registry::Entry& entry, const Trial& trial, const measure::InputSet& set,
        measure::FencedEnd end);
  /// Makes a call over memory that was filled before; returns what it left in out.
  std::vector<float> forward_prepared();

  const registry::Entry& entry_;
  const Trial& trial_;
  measure::FencedEnd end_;
  measure::FencedBlock q_, k_, v_, out_, scratch_;
  std::vector<ExtraInput> extras_;
  std::deque<measure::FencedBlock> extra_blocks_;
  std::optional<measure::FencedBlock> decisions_;
  std::vector<Tensor<const float>> extra_tensors_;
  Inputs inputs_;
  Tensor<float> out_tensor_;
  std::optional<measure::NarrowInputs> narrow_;      ///< Null if all types are float32.
  std::optional<measure::NarrowTensor> narrow_out_;  ///< Null if dtype is float32.
};

}  // namespace attnbench::conformance
