// Rows of an output or a gradient, compared with what they should be.
#pragma once

#include <span>
#include <string>

#include "measure/check_output.h"
#include "measure/truth.h"

namespace attnbench::measure {

struct RowVerdict {
  double worst_error = 0;
  double worst_error_over_bound = 0;
  double visible_error = 0;  ///< See record::Check.
  bool shows_keys = false;   ///< Some element's bound is below every key's weight.
  std::string reason;        ///< About the element farthest beyond its bound; mostly empty.
  std::string objection;     ///< Why there is nothing to compare with; mostly empty.
};

/// `place` says where the row is: "batch 0 head 1 query 2".
RowVerdict judge_row(const RowTruth& truth, const float* row, const std::string& place);

/// What the rows say together.
Verdict judge_rows(std::span<const RowVerdict> rows);

/// Whether more evaluations of a definition in float32 could make a bad verdict a good one.
bool is_in_doubt(const Verdict& verdict);

}  // namespace attnbench::measure
