// What variants for tests that define their gradients have in common.
#pragma once

#include "attnbench/training.h"

namespace attnbench::measure::test {

/// States no costs, and writes no output.
template <class Self>
class DefinedTraining : public Defines<Self>, public DefinesGradients<Self> {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  Cost cost(const Call&) const noexcept override { return {}; }
  Cost backward_cost(const Call&) const noexcept override { return {}; }
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Count saved_bytes(const Call&) const noexcept override { return {}; }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  Theory training_theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
  void forward_saving(const Call&, const Inputs&, const Tensor<float>&, const Workspace&,
                      const Workspace&) const noexcept override {}
};

}  // namespace attnbench::measure::test
