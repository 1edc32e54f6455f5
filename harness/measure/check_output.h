// Judges an output: every element finite, and sampled rows equal to the oracle's.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"
#include "record/record.h"

namespace attnbench::measure {

struct Verdict {
  record::Check check;
  int64_t rows_showing_keys = 0;  ///< Rows whose bound is below the weight of each of its keys.
  bool ok = false;
  std::string reason;  ///< Where and how it is wrong; empty where ok.
};

/// A NaN with a payload that no computation yields; outputs are filled with it before a call.
void poison(const Tensor<float>& out);

/// One element's place, for people: "batch 0 head 1 query 2 dim 3".
std::string place(const Tensor<float>& out, int64_t index);

/// 16 hexadecimal digits that follow from the bits of `out`: the same for the same bits, and others
/// for other bits (but for one chance in 2^64).
std::string digest(const Tensor<float>& out);

/// Which element is NaN, infinite or left-over poison; empty if none is.
std::string first_not_finite(const Tensor<float>& out);

/// Compares `max_rows` rows, chosen by sample_rows, with the oracle, and looks at every element of
/// out for NaN, infinity and left-over poison.
Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed);

}  // namespace attnbench::measure
