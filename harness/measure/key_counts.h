// Judges by a call whose sums are exact whether every query sums each of its keys once.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// Most keys of a query for one key more or less to show above the rounding of float32.
inline constexpr int64_t kMostCountedKeys = int64_t{1} << 22;

/// What an output computed from InputStyle::kEqualWeights shows.
struct KeyCounts {
  int64_t rows = 0;          ///< Rows that were judged: all of the output, or none.
  double worst_keys = 0;     ///< Largest error found, in units of what one key contributes.
  std::string reason = {};   ///< Where and how it is wrong; empty if it is right.
  std::string untried = {};  ///< Why no row was judged, else empty.
};

/// Scores are equal and values are +-1, so each output is a mean of whole numbers, whose sum is
/// exact in float32, in any order, up to 2^24 keys. visible_keys says which keys that mean is over.
/// A key that is left out, counted twice or taken for another changes the mean by about 1 / keys in
/// most dimensions; a right kernel's roundings (of a division, or of weights divided first) are far
/// smaller. The check costs about as much as reading the output, whatever the number of keys. Not
/// for ALiBi, under which weights are not equal.
KeyCounts count_keys(const Exact& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out);

}  // namespace attnbench::measure
