// The memory of a training call beside that of its inputs and output.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "attnbench/register.h"
#include "measure/fenced_block.h"

namespace attnbench::measure {

/// Holds d_out, the gradients, and what forward_saving keeps, each between fences; and makes the
/// two calls of a training step.
class TrainingMemory {
 public:
  /// The call must be one that the variant can train, and outlive this object. Fills d_out with
  /// normal numbers by the seed.
  TrainingMemory(const Variant& variant, const Call& call, record::Pages pages, uint64_t seed);

  void forward_saving(const Inputs& inputs, const Tensor<float>& out, const Workspace&) const;
  void backward(const Inputs& inputs, const Tensor<float>& out, const Workspace&) const;

  const Tensor<float>& d_out() const { return d_out_tensor_; }
  const Gradients& gradients() const { return gradients_; }

  /// What was touched outside; empty if nothing was.
  std::string trespass() const;
  /// Takes all of it out of the caches.
  void evict() const;

 private:
  const Differentiable& variant_;
  const Call& call_;
  FencedBlock saved_, d_out_;
  /// Of q, k, v and the learned inputs, in this order.
  std::deque<FencedBlock> gradient_blocks_;
  std::vector<std::string> gradient_names_;  ///< In the same order: "d_q" and so on.
  Tensor<float> d_out_tensor_;
  std::vector<Tensor<float>> extra_tensors_;
  Gradients gradients_;
};

}  // namespace attnbench::measure
