// The noise floor from an A/A run: the smallest ratio that stands out from the machine's noise.
#pragma once

#include "record/record.h"

namespace attnbench::analyze {

/// A floor above this is useless for a comparison, since a program that became 1.5 times as slow
/// would pass unnoticed. The machine was busy.
inline constexpr double kLargestUsableFloor = 1.5;

/// The noise floor of a run that holds each case twice, under two labels. A case's floor is the
/// ratio of medians that only 5 % of random divisions of its samples into two halves exceed, or the
/// ratio of its two labels if that is larger. The run's floor is the largest floor of its cases; it
/// is 1 if no case has times under both labels.
record::NoiseFloor noise_floor(const record::Run& run);

}  // namespace attnbench::analyze
