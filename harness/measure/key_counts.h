// Judges whether every query sums each of its keys once: an exact call, in which nothing rounds.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// Most keys of a query for which one key more or less shows beyond what float32 rounds.
inline constexpr int64_t kMostCountedKeys = int64_t{1} << 22;

/// What an output says that was computed from InputStyle::kEqualWeights.
struct KeyCounts {
  int64_t rows = 0;          ///< Rows that were judged: all of the output, or none.
  double worst_keys = 0;     ///< Largest error found, in units of what one key contributes.
  std::string reason = {};   ///< Where and how it is wrong; empty if it is right.
  std::string untried = {};  ///< Why no row was judged, else empty.
};

/// Scores are equal and values are +-1, so that each output is a mean of whole numbers: their sum
/// is exact in float32, in any order, up to 2^24 keys. visible_keys says which keys that mean is
/// over. A key that is left out, counted twice or taken for another changes the mean by about 1 /
/// keys in most dimensions; what a right kernel rounds (a division, weights that are divided first)
/// is far less. Costs about as much as reading the output, whatever the number of keys. Not for
/// ALiBi, under which weights are not equal.
KeyCounts count_keys(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out);

}  // namespace attnbench::measure
