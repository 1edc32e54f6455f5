// What the points of a probe say: from which distances a token reaches the last output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "record/probe.h"

namespace attnbench::analyze {

/// A value comes back from a distance if at least this part of the trials there recalled it.
inline constexpr double kRecalled = 0.9;

/// With one seed nothing tells how far chance moves a value: the least is then alike to the largest
/// if it is at least this part of it.
inline constexpr double kAlike = 0.4;

/// The points with the most pairs that the probe planted; all points if the probe knows no pairs.
std::vector<record::ProbePoint> points_of_most_pairs(const record::Probe& probe);

/// Neighbours among the distances tried.
struct Stretch {
  int64_t from = 0;  ///< The nearest.
  int64_t to = 0;    ///< The farthest.
  size_t count = 0;  ///< How many distances of those tried.
};

/// The distances tried, split into those at which something holds and the others.
struct Reach {
  size_t tried = 0;
  std::vector<Stretch> holds;   ///< Ascending.
  std::vector<Stretch> others;  ///< Ascending.

  size_t count() const;  ///< The number of distances at which it holds.
  bool everywhere() const { return others.empty(); }
  bool nowhere() const { return holds.empty(); }
  /// Whether it holds up to a distance and nowhere beyond.
  bool ends() const;
};

/// At which distances the value of influence or order is more than rounding. The points are those
/// of one number of pairs, ascending in distance, as below.
Reach moved_reach(const std::vector<record::ProbePoint>& points);

/// At which distances values come back.
Reach recall_reach(const std::vector<record::ProbePoint>& points);

/// Whether all points could have one true value: each mean lies about three of its standard errors
/// from it at most, taken as the seeds' range over the root of their number.
bool alike(const std::vector<record::ProbePoint>& points, int64_t seeds);

}  // namespace attnbench::analyze
