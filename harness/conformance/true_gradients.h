// The gradients that a step should give: whether float32 can, and whether they are slopes of
// outputs.
#pragma once

#include <cstdint>
#include <string>

#include "conformance/training_stage.h"

namespace attnbench::conformance {

/// Whether a definition of gradients gives finite numbers in float32 for one of them, an index into
/// TrainingStage::named(). If not, nobody can judge that one: the bounds of all its rows follow
/// from each other.
bool float32_can_evaluate(const DifferentiableDefined& trained, const TrainingStage& stage,
                          size_t gradient);

/// Where the gradients that a variant defines for a stage's problem, in double, are not the slopes
/// of the loss that its outputs make: sum(d_out * out). Tries some elements of each input, which
/// the seed chooses. Empty if they agree everywhere.
std::string fault_by_differences(const Variant& variant, const TrainingStage& stage, uint64_t seed);

}  // namespace attnbench::conformance
