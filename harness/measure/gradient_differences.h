// Gradients of tiny problems by differences of outputs, from the definition of forward alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// A derivative by differences.
struct Slope {
  double value = 0;
  /// How far two estimates are apart, and more if the loss has a kink close to the element, as a
  /// ReLU has: then differences say little.
  double doubt = 0;
};

/// The derivatives of sum(d_out * out) by some elements of one input, given by their indices.
/// `input` is 0 for q, 1 for k, 2 for v, and 3 + i for declared input i. Each is taken from four
/// outputs in double, of a variant of any kind, with the element moved by 2^-10 and 2^-9 to either
/// side: if second derivatives are of the order of 1, derivatives are off by about 1e-10. Every
/// output is computed whole, so this is for problems of a few hundred pairs of query and key. Of a
/// Deciding variant, decisions must not change within these steps. Throws std::bad_alloc, and
/// std::runtime_error if an output can't be known (RowTruth::objection).
std::vector<Slope> gradient_by_differences(const Variant& variant, const Call& call,
                                           const Inputs& inputs, const Tensor<const float>& d_out,
                                           int64_t input, std::span<const int64_t> elements);

/// The values for every element, in order.
std::vector<double> gradient_by_differences(const Variant& variant, const Call& call,
                                            const Inputs& inputs, const Tensor<const float>& d_out,
                                            int64_t input);

}  // namespace attnbench::measure
