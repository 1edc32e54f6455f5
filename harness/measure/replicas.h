// How far float32 strays from a definition: the definition in float32, on inputs changed by their
// last bit.
#pragma once

#include <functional>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// Fills an output [rows, dim] from inputs by a definition in float32. May throw.
using DefineInFloat = std::function<void(const Inputs& inputs, float* out)>;

/// What the definition in double says, and how far a right kernel may be from it.
struct Replicated {
  std::vector<double> bound;  ///< [rows, dim]; infinite where float32 gives nothing finite.
  bool evaluable = true;      ///< Whether float32 can evaluate the definition at all.
};

/// The bound of each element of `exact` [rows, dim]: 16 times the root-mean-square error of
/// kReplicas evaluations in float32, the first on the inputs as they are and the others on inputs
/// of which each element is moved by at most a unit in its last place, plus 16 u |exact|, with
/// u = 2^-24. The errors of few evaluations are noisy, so an element's is pooled as that of its row
/// times that of its column; an element that strays more counts itself. An estimate from the data,
/// not a proof: right kernels were never seen above 0.7 of it.
Replicated replicated_bound(const DefineInFloat& define, const Inputs& inputs,
                            const std::vector<double>& exact, int64_t dim);
inline constexpr int kReplicas = 4;
inline constexpr double kReplicaSpreads = 16;

}  // namespace attnbench::measure
