// The resampled medians of a case's times: whoever compares cases draws the same ones.
#pragma once

#include <cstdint>
#include <vector>

#include "record/record.h"

namespace attnbench::analyze {

/// What a bootstrap is drawn for. Each purpose has random numbers of its own.
enum class DrawnFor : uint64_t {
  kSamples = 1,
  kTimeFit = 2,
  kMemoryFit = 3,
  kCpuSamples = 4,
  kFirstCalls = 5,
  kOtherFit = 6,
};

/// The seed of a bootstrap, made from the run, the purpose and the item that it is drawn for.
uint64_t draws_seed(const record::Run& run, DrawnFor purpose, int index);

/// kResamples medians of the case's usable times. It has one or more.
std::vector<double> resampled_times(const record::Run& run, int index);

}  // namespace attnbench::analyze
