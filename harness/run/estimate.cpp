// Adds up what a worker does.
#include "run/estimate.h"

#include <algorithm>
#include <set>

namespace attnbench::run {
namespace {

// Rounded from the records of sweeps on two virtual machines with 2 cores.
constexpr double kShareOfPeak = 0.5;
constexpr double kTrafficGbs = 15;     ///< Bandwidth that a variant gets.
constexpr double kStart_s = 0.015;     ///< To start a worker, and to judge a small output.
constexpr double kFillInputGbs = 0.8;  ///< Rate at which inputs are made.
constexpr double kFirstTouchGbs = 3;   ///< Rate at which the kernel hands out pages.
constexpr double kCeiling_s = 2;       ///< To measure the ceilings of one thread count.
constexpr double kProbeCalls = 4;      ///< Calls of a probe beside its calibration.
constexpr double kCalibrations = 0.6;  ///< Time of a calibration over that of a sample.

double call_s(const record::Case& c, const EstimateOptions& options) {
  const double peak = record::multiplies_bf16(c.problem)
                          ? options.bf16_gflops_thread.value_or(options.fma_gflops_thread)
                          : options.fma_gflops_thread;
  const double gflops = peak * std::min(c.threads, options.cores);
  const auto flops = static_cast<double>(c.flops);
  const double bytes =
      static_cast<double>(c.traffic_bytes) + 2 * static_cast<double>(c.workspace_bytes);
  return flops / (kShareOfPeak * gflops * 1e9) + bytes / (kTrafficGbs * 1e9);
}

double case_s(const record::Case& c, const EstimateOptions& options) {
  const double call = call_s(c, options);
  const double prepare = kStart_s + static_cast<double>(c.input_bytes) / (kFillInputGbs * 1e9) +
                         static_cast<double>(c.workspace_bytes) / (kFirstTouchGbs * 1e9);
  const double sample = std::max(options.min_time_s, call);
  const double probe = prepare + kProbeCalls * call + kCalibrations * sample;
  const double round = prepare + call + sample;
  return std::min(probe, options.timeout_s) + options.rounds * std::min(round, options.timeout_s);
}

}  // namespace

double estimate_s(const std::vector<record::Case>& cases, const EstimateOptions& options) {
  double total_s = 0;
  std::set<int> thread_counts;
  for (const record::Case& c : cases) {
    if (c.outcome != record::Outcome::kPending) continue;
    thread_counts.insert(c.threads);
    total_s += case_s(c, options);
  }
  return total_s + kCeiling_s * options.rounds * static_cast<double>(thread_counts.size());
}

}  // namespace attnbench::run
