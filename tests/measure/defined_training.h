// What variants for tests that define their gradients have in common.
#pragma once

#include "states_nothing.h"

namespace attnbench::measure::test {

/// States no costs, and writes no output.
template <class Self>
class DefinedTraining : public StatesNothing<Defines<Self>, DefinesGradients<Self>> {
 public:
  Cost cost(const Call&) const noexcept override { return {}; }
  Cost backward_cost(const Call&) const noexcept override { return {}; }
};

}  // namespace attnbench::measure::test
