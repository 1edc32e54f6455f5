// What an A/A run says: the smallest ratio that stands out of this machine's noise.
#pragma once

#include "record/record.h"

namespace attnbench::analyze {

/// A floor beyond this is of no use to a comparison: a program that takes half as long again would
/// pass unseen. The machine was busy.
inline constexpr double kLargestUsableFloor = 1.5;

/// Of a run that holds each case twice, under two labels. A case's floor is the ratio of medians
/// that only 5 % of random divisions of its own samples into two halves exceed, or the ratio that
/// its two labels showed, if that is larger; the run's floor is the largest of its cases'. 1 where
/// no case is there twice with times.
record::NoiseFloor noise_floor(const record::Run& run);

}  // namespace attnbench::analyze
