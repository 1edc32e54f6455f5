// Judges whether measured growth confirms the theory that a variant declares, and on which sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyze/growth.h"

namespace attnbench::analyze {

/// A theory holds if the interval of the slope comes within this of the slope that it expects.
inline constexpr double kTheoryTolerance = 0.10;

/// There is no verdict if an interval reaches further to either side: it spans whole powers of n.
inline constexpr double kWidestInterval = 0.50;

/// A theory is about large n. It is judged from the first size from which on every local slope of
/// the exact work is within this of the theory's slope.
inline constexpr double kRegimeTolerance = 0.15;

/// A time below that of this many empty parallel regions measures threading, not attention.
inline constexpr double kParallelRegions = 20;

/// A median is noise if its interval reaches further than this part of it to either side.
inline constexpr double kNoisyHalfWidth = 0.25;

/// Peaks below this come from pages of code, stacks and the allocator, not from intermediates.
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
  std::optional<Fit> fit;  ///< Empty if there are fewer than kFitSizes sizes.
};

struct Judgement {
  record::Growth declared;
  double expected_slope = 0;  ///< The declared law's slope at the sizes fitted.
  Verdict verdict = Verdict::kNone;
  std::string reason;  ///< Why there is no verdict, or what contradicts the theory; else empty.
};

/// One measured time.
struct TimePoint {
  int64_t seq_len = 0;
  Summary time_s;
  std::span<const double> draws;  ///< Resampled medians.
  int64_t flops = 0;              ///< Exact work; 0 if none is counted.
};

struct TimeGrowth {
  Measured time;
  Judgement judgement;
};

/// The theory that a series declares, and the facts that decide which of its times can be judged.
struct TimeTheory {
  record::Growth declared;
  bool q_len_follows = true;  ///< A theory is declared for q_len = n only.
  int threads = 1;
  std::optional<double> parallel_region_s{};  ///< Empty if it was not measured.
};

/// Points ascend in seq_len without repeats.
TimeGrowth judge_time(std::span<const TimePoint> points, const TimeTheory& theory, uint64_t seed);

/// The memory numbers of one size.
struct MemoryPoint {
  int64_t seq_len = 0;
  int64_t workspace_bytes = 0;
  std::optional<int64_t> heap_peak_bytes;
  std::optional<int64_t> resident_peak_bytes;
  std::optional<int64_t> saved_bytes = {};  ///< In training: the theory is about these bytes.
};

/// The numbers are fitted separately. The one that the theory is about is judged: the workspace, or
/// in training what is saved for backward. Both are exact. A measured peak that grows faster than
/// declared contradicts the theory; in training only if it grows faster than the workspace, too.
struct MemoryGrowth {
  Measured workspace;
  Measured saved;  ///< Empty for a forward pass.
  Measured heap_peak;
  Measured resident_peak;
  Judgement judgement;
};

/// Points ascend in seq_len without repeats.
MemoryGrowth judge_memory(std::span<const MemoryPoint> points, const record::Growth& declared,
                          bool q_len_follows, uint64_t seed);

}  // namespace attnbench::analyze
