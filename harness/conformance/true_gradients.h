// The gradients that a step should give: whether float32 can, and whether they are slopes of
// outputs.
#pragma once

#include <cstdint>
#include <string>

#include "conformance/training_stage.h"

namespace attnbench::conformance {

/// Whether a definition of gradients gives finite ones in float32. If not, nobody can judge them.
bool float32_can_evaluate(const DifferentiableDefined& trained, const TrainingStage& stage);

/// Where the analytic gradients of a stage's problem, in double, are not the slopes of the loss
/// that its outputs make: sum(d_out * out). Tries some elements of each input, which the seed
/// chooses. Empty if they agree everywhere.
std::string fault_by_differences(const registry::Entry& entry, const TrainingStage& stage,
                                 uint64_t seed);

}  // namespace attnbench::conformance
