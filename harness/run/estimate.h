// A rough estimate of how long a sweep takes, before anything of it is measured.
#pragma once

#include <optional>
#include <vector>

#include "record/record.h"

namespace attnbench::run {

/// What the estimate assumes of the sweep and of the machine.
struct EstimateOptions {
  int rounds = 0;
  double min_time_s = 0;         ///< Time of one sample at least.
  double timeout_s = 0;          ///< Limit of one worker.
  double fma_gflops_thread = 0;  ///< The peak of one thread, float32 fused multiply-adds.
  /// The same of native multiply-adds of bf16; empty if the machine has none.
  std::optional<double> bf16_gflops_thread = {};
  int cores = 1;  ///< Threads beyond this number add no speed.
};

/// Seconds that the pending cases take: the check of each, all rounds and the ceilings. It assumes
/// that a variant reaches half of its type's peak, reads and writes its least traffic once and its
/// scratch twice. A variant that is far slower takes longer, up to its time-out.
double estimate_s(const std::vector<record::Case>& cases, const EstimateOptions& options);

}  // namespace attnbench::run
