// The double-precision oracle: softmax attention over visible_keys, and how far float32 may stray.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attnbench/variant.h"
#include "record/record.h"

namespace attnbench::measure {

/// One output row in double, with the conditioning bound of each element: rounding in the scores
/// (eps32 * head_dim * scale * sum|q*k|, and a few eps32 of what softcap and alibi make of a score,
/// carried through the softmax) plus rounding in the sum (eps32 * keys * sum p|v|), times
/// kBoundFactor. oracle.cpp derives it.
struct OracleRow {
  std::vector<double> out;
  std::vector<double> bound;
};
inline constexpr double kBoundFactor = 4;

OracleRow oracle_row(const Variant& variant, const Call& call, const Inputs& inputs, int64_t batch,
                     int64_t head, int64_t query);

struct Verdict {
  record::Check check;
  bool ok = false;
  std::string reason;  ///< Where and how it is wrong; empty where ok.
};

/// A NaN with a payload that no computation yields; outputs are filled with it before a call.
void poison(const Tensor<float>& out);

/// One element's place, for people: "batch 0 head 1 query 2 dim 3".
std::string place(const Tensor<float>& out, int64_t index);

/// Compares sampled rows (the first and the last always among them; all, where max_rows allows)
/// with the oracle, and every element of out for NaN, infinity and left-over poison.
Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed);

}  // namespace attnbench::measure
