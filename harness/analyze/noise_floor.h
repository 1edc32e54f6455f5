// The noise floor from A/A runs: the smallest ratio that stands out from the machine's noise.
#pragma once

#include <span>

#include "record/record.h"

namespace attnbench::analyze {

/// A floor above this is useless for a comparison, since a program that became 1.5 times as slow
/// would pass unnoticed. The machine was busy.
inline constexpr double kLargestUsableFloor = 1.5;

/// The noise floor of runs that hold each case twice, under two labels. A case's floor is the ratio
/// of medians that only 5 % of random divisions of its samples into two halves exceed, or the ratio
/// of its two labels if that is larger. Of several runs, the middle one of a case's floors counts.
/// The floor of all is the largest of the cases'; it is 1 if no case has times under both labels.
///
/// Two runs or more also tell the drift between runs: the standard deviation over the runs of the
/// logarithm of a case's median (both labels together), the largest of the cases'. `runs` is not
/// empty; the runs are of one config.
record::NoiseFloor noise_floor(std::span<const record::Run> runs);

}  // namespace attnbench::analyze
