// Compares what a case takes apart from time: memory, and the error of its output.
#pragma once

#include <span>
#include <vector>

#include "analyze/compare.h"
#include "record/record.h"

namespace attnbench::analyze {

/// Workspace, heap peak, resident peak, error and distance of a case: the medians over the runs of
/// each side that know them. `same_numbers`: whether q, k and v were the same in all runs;
/// otherwise the distance is not compared, as other inputs have another one.
std::vector<Quantity> memory_and_error(std::span<const record::CaseRecord* const> base,
                                       std::span<const record::CaseRecord* const> fresh,
                                       bool same_numbers);

}  // namespace attnbench::analyze
