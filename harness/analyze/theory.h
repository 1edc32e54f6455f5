// Whether measured growth bears out what a variant declares, and on which sizes that can be judged.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyze/growth.h"

namespace attnbench::analyze {

/// A theory holds when the interval of the slope comes within this of the slope it expects.
inline constexpr double kTheoryTolerance = 0.10;

/// An interval that reaches further to either side spans whole powers of n: no verdict.
inline constexpr double kWidestInterval = 0.50;

/// A theory speaks of large n. Sizes count from the first one on from which each local slope of the
/// exact work is within this of the theory's.
inline constexpr double kRegimeTolerance = 0.15;

/// A time below this many empty parallel regions is threading, not attention.
inline constexpr double kParallelRegions = 20;

/// A median whose interval reaches further than this to either side, relative to it, is noise.
inline constexpr double kNoisyHalfWidth = 0.25;

/// Peaks below this are pages of code, stacks and allocator, not intermediate memory.
inline constexpr int64_t kMemoryNoiseBytes = int64_t{1} << 20;

enum class Verdict { kHolds, kDoesNotHold, kNone };

/// Sizes that a fit does not use, and why.
struct LeftOut {
  std::vector<int64_t> seq_lens;
  std::string reason;
};

/// The growth of one measured number.
struct Measured {
  std::vector<int64_t> seq_lens;  ///< The sizes fitted, ascending.
  std::vector<LeftOut> left_out;
  std::optional<Fit> fit;  ///< Empty below kFitSizes sizes.
};

struct Judgement {
  Growth declared;
  double expected_slope = 0;  ///< Of the declared law at the sizes fitted.
  Verdict verdict = Verdict::kNone;
  std::string reason;  ///< Why there is no verdict, or what contradicts the theory; else empty.
};

/// One measured time.
struct TimePoint {
  int64_t seq_len = 0;
  Summary time_s;
  std::span<const double> draws;  ///< Resampled medians.
  int64_t flops = 0;              ///< Exact work; 0 where nothing is counted.
};

struct TimeGrowth {
  Measured time;
  Judgement judgement;
};

/// What a series declares, and the facts that say which of its times can be judged.
struct TimeTheory {
  Growth declared;
  bool q_len_follows = true;  ///< A theory is declared for q_len = n only.
  int threads = 1;
  std::optional<double> parallel_region_s{};  ///< Empty where it was not measured.
};

/// Points ascend in seq_len without repeats.
TimeGrowth judge_time(std::span<const TimePoint> points, const TimeTheory& theory, uint64_t seed);

/// The memory numbers of one size.
struct MemoryPoint {
  int64_t seq_len = 0;
  int64_t workspace_bytes = 0;
  std::optional<int64_t> heap_peak_bytes;
  std::optional<int64_t> resident_peak_bytes;
};

/// The three numbers are fitted apart. The judgement is on the workspace, which is exact; a
/// measured peak that grows faster than declared contradicts it.
struct MemoryGrowth {
  Measured workspace;
  Measured heap_peak;
  Measured resident_peak;
  Judgement judgement;
};

/// Points ascend in seq_len without repeats.
MemoryGrowth judge_memory(std::span<const MemoryPoint> points, const Growth& declared,
                          bool q_len_follows, uint64_t seed);

}  // namespace attnbench::analyze
