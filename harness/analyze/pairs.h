// Compares the series of one group: speed-ups, crossovers, and which one is fastest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// One timed size of a series, with its resampled medians.
struct TimedCase {
  int index = 0;  ///< Index into Run::cases.
  int64_t seq_len = 0;
  double median_s = 0;
  std::vector<double> draws;
  bool has_interval = false;  ///< Whether there are enough samples for an interval.
};

/// The only series with which the others of a large group are compared: its baseline, else its
/// first. Empty if all are compared pair by pair.
std::optional<int> only_partner(const Group& group);

/// a's time over b's.
Ratio ratio_of(const SizePair& pair);

/// Fills the group's comparisons of pairs, and the speed-ups of its cases. `timed` is parallel to
/// Group::series; each of its elements ascends in seq_len without repeats.
void compare_series(const record::Run& run, Analysis& analysis, Group& group,
                    const std::vector<std::vector<TimedCase>>& timed);

}  // namespace attnbench::analyze
