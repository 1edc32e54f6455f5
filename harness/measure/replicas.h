// How far float32 strays from a definition: the definition in float32, on inputs changed by their
// last bit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attnbench/count.h"
#include "attnbench/variant.h"

namespace attnbench::measure {

/// What a definition computes from.
struct Given {
  Inputs inputs = {};
  Tensor<const float> d_out = {};  ///< Of no elements, unless the definition is of gradients.
};

/// Fills an output [rows, dim] by a definition in float32. May throw.
using DefineInFloat = std::function<void(const Given& given, float* out)>;

/// How far a right kernel may be from a definition in double.
struct Replicated {
  std::vector<double> bound;  ///< [rows, dim]; infinite if float32 gives no finite errors.
  bool evaluable = true;      ///< Whether float32 can evaluate the definition at all.
};

/// The squared errors of each element of `exact`, the mean of some evaluations in float32: the
/// first on what is given, the others on copies of it of which each element is moved by at most a
/// unit in its last place. They run at the same time if the copies fit into `most_copied_bytes`,
/// else one after another on a single copy.
std::vector<double> replica_errors(const DefineInFloat& define, const Given& given,
                                   std::span<const double> exact, int replicas,
                                   Count most_copied_bytes = Count(256 << 20));

/// If the error of a whole row is that of one number, such as the score of the key that has all the
/// weight, few evaluations may all come close by luck: of four, one row in some thousands (the
/// tail of Student's t with as many degrees of freedom, at 16). Of 16 none does.
inline constexpr int kReplicas = 4;
inline constexpr int kReplicasInDoubt = 16;

/// The bound of each element of `exact` [rows, dim], given its mean squared errors: 16 times their
/// root plus 16 u |exact|, with u = 2^-24. The errors of few evaluations are noisy, so an
/// element's is pooled as that of its row times that of its column; an element that strays more
/// counts itself. An estimate from the data, not a proof: right kernels that sum in blocks, or in
/// the lanes of SIMD, were never seen above 0.7 of it. A single chain of float additions is less
/// exact than a definition that sums in blocks, as definitions should: with terms of one sign it
/// was seen at 1.06 of the bound with 4,096 terms, at 3.5 with 65,536.
Replicated replicated_bound(std::span<const double> squares, std::span<const double> exact,
                            int64_t dim);
inline constexpr double kReplicaSpreads = 16;

}  // namespace attnbench::measure
