// One trial set up for a training step: forward_saving, then backward, all memory between fences.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "attnbench/training.h"
#include "conformance/stage.h"
#include "measure/gradient_verdicts.h"

namespace attnbench::conformance {

/// What memory held: its name, and a copy.
using Contents = std::pair<std::string, std::vector<std::byte>>;

/// Memory for training steps of one trial of a variant that can be trained.
class TrainingStage {
 public:
  /// Refers to both arguments, which must outlive it.
  TrainingStage(const registry::Entry& entry, const Trial& trial);

  /// One step over zeroed scratch, with out and gradients poisoned; returns what it left in the
  /// gradients, one after another.
  std::vector<float> step();

  /// Calls forward_saving over zeroed scratch, with out poisoned.
  void save();
  /// Calls forward_saving over out, saved and scratch filled with `fill`.
  void save_over(std::byte fill);
  /// Calls backward over zeroed scratch, with gradients poisoned.
  std::vector<float> go_back();
  /// Calls backward over gradients and scratch filled with these.
  std::vector<float> go_back_over(std::byte gradients, std::byte scratch);
  /// The two calls alone.
  void call_forward_saving();
  void call_backward();

  /// Fills q, k, v and d_out so that measure::check_pairs can judge a step.
  void fill_for_pairs(const Exact& variant, uint64_t seed);

  Stage& forward() { return forward_; }
  const Stage& forward() const { return forward_; }
  Tensor<const float> d_out() const;
  const Gradients& gradients() const { return gradients_; }
  /// The gradients that backward writes, in the order of their places: d_q, d_k, d_v and those of
  /// learned inputs.
  const std::vector<measure::NamedGradient>& named() const { return named_; }
  /// What is in the gradients now, one after another.
  std::vector<float> values() const;
  /// What backward only reads beside inputs, each with its name: out, saved and d_out.
  std::vector<Contents> given_to_backward() const;

  /// "d_k: batch 0 head 1 key 2 dim 3" of an index into what step() returns.
  std::string place(size_t index) const;
  /// Which block was touched outside its bounds, and where; empty if none was.
  std::string trespass() const;

 private:
  const Differentiable& trained_;
  Stage forward_;
  measure::FencedBlock saved_, scratch_, d_out_;
  std::deque<measure::FencedBlock> gradient_blocks_;
  std::vector<measure::NamedGradient> named_;
  std::vector<Tensor<float>> extra_gradients_;
  Gradients gradients_;
};

/// Where two steps' gradients first differ in bits; empty if nowhere. `a` and `b` say how each was
/// made.
std::string difference(const TrainingStage& stage, const std::vector<float>& x,
                       const std::string& a, const std::vector<float>& y, const std::string& b);

}  // namespace attnbench::conformance
