// Compares the series of one group: speed-ups, crossovers, and which one is fastest.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "analyze/analysis.h"
#include "record/axes.h"

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

/// The resampled medians of a case, by its index into Run::cases.
using DrawsOf = std::function<std::vector<double>(int)>;

/// The time of case `a` over that of case `b`; both have one. There is no interval if either has
/// fewer than kFewestSamples.
Ratio ratio_of(const record::Run& run, const Analysis& analysis, const DrawsOf& draws_of, int a,
               int b);

/// The case's variant with these values of its axes, to look up by: equal for cases that differ in
/// nothing but axes whose values are not among them.
inline auto work_of(const record::Case& c, std::vector<record::AxisValue> values) {
  return std::tuple(c.variant, c.label, c.params, std::move(values));
}

/// Fills the group's comparisons of pairs, and the speed-ups of its cases. `timed` is parallel to
/// Group::series; each of its elements ascends in seq_len without repeats.
void compare_series(const record::Run& run, Analysis& analysis, Group& group,
                    const std::vector<std::vector<TimedCase>>& timed);

}  // namespace attnbench::analyze
