// What variants for tests of gradients have in common.
#pragma once

#include "attnbench/training.h"

namespace attnbench::measure::test {

/// A variant of a kind (Exact, or Defines of some class), and how it trains, which states no memory
/// and no theory, and writes no output.
template <class OfKind, class Trains>
class StatesNothing : public OfKind, public Trains {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
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
