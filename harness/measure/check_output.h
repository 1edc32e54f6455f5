// Judges an output: every element finite, and sampled rows as the variant's definition says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "attnbench/variant.h"
#include "record/record.h"

namespace attnbench::measure {

struct Verdict {
  record::Check check;
  int64_t rows_showing_keys = 0;  ///< Rows with a bound below the weight of each of their keys.
  bool ok = false;
  std::string reason;  ///< Where and how the output is wrong; empty if ok.
  /// Gradients that nobody knows in the time allowed, such as "d_k": then `ok` is false.
  std::vector<std::string> not_judged = {};
};

inline constexpr size_t kDigestDigits = 16;

/// Fills an output, before a call, with a NaN whose payload no computation yields.
void poison(const Tensor<float>& out);

/// A row's place, for people: "batch 0 head 1 query 2", or an element's, which ends with "dim 3".
/// `position` says what a row stands for.
std::string row_place(const Tensor<float>& out, int64_t row, const char* position = "query");
std::string place(const Tensor<float>& out, int64_t index, const char* position = "query");

/// A hash of the bits of a tensor, in kDigestDigits hexadecimal digits: the same for the same bits,
/// another for other bits (but for one chance in 2^64).
std::string digest(const Tensor<const float>& tensor);
std::string digest(const Tensor<float>& tensor);

/// Says which element is NaN, infinite or left-over poison; empty if none is.
std::string first_not_finite(const Tensor<float>& out, const char* position = "query");

/// Compares `max_rows` rows, chosen by sample_rows, with what tell_truth says of them, and looks at
/// every element of out for NaN, infinity and left-over poison.
Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed);

}  // namespace attnbench::measure
