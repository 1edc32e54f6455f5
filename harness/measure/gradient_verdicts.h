// Parts of the verdict on a backward call.
#pragma once

#include <string>
#include <vector>

#include "measure/check_gradients.h"

namespace attnbench::measure {

struct NamedGradient {
  std::string name;      ///< "d_q", or "d_" and the name of a declared input.
  const char* position;  ///< What a row stands for: "query", "key" or "row".
  Tensor<float> tensor;
};

/// The gradients that the call writes: of q, k, v, and of declared inputs that are learned.
std::vector<NamedGradient> named_gradients(const BackwardCall& done);

/// Says which element of which gradient is NaN, infinite or left-over poison; empty if none is.
std::string first_not_finite(const BackwardCall& done);

/// Of the gradients of q, k and v of an exact variant; see check_gradients.
Verdict check_exact_gradients(const BackwardCall& done, int64_t max_rows, uint64_t seed);

/// Compares `max_rows` rows of each gradient with the variant's definition in double, by the bound
/// that its definition in float32 gives (replicas.h).
Verdict check_defined_gradients(const BackwardCall& done, const DifferentiableDefined& trained,
                                int64_t max_rows, uint64_t seed);

/// The verdict with the gradient's name before its reason.
Verdict named(const std::string& gradient, Verdict verdict);

/// Adds what was found out about other rows to `all`. The first reason stands.
void merge(Verdict& all, const Verdict& more);

}  // namespace attnbench::measure
