// Judges the points of a probe.
#include "analyze/probe_reach.h"

#include <algorithm>
#include <cmath>

namespace attnbench::analyze {
namespace {

using record::ProbePoint;

template <class Holds>
Reach reach_of(const std::vector<ProbePoint>& points, const Holds& holds) {
  Reach reach{points.size(), {}, {}};
  const std::vector<Stretch>* last = nullptr;
  for (const ProbePoint& p : points) {
    std::vector<Stretch>& side = holds(p) ? reach.holds : reach.others;
    if (last == &side) {
      side.back().to = p.distance;
      ++side.back().count;
    } else {
      side.push_back({p.distance, p.distance, 1});
    }
    last = &side;
  }
  return reach;
}

}  // namespace

std::vector<ProbePoint> points_of_most_pairs(const record::Probe& probe) {
  int64_t most = 0;
  for (const ProbePoint& p : probe.points) most = std::max(most, p.pairs);
  std::vector<ProbePoint> points;
  for (const ProbePoint& p : probe.points)
    if (p.pairs == most) points.push_back(p);
  return points;
}

size_t Reach::count() const {
  size_t sum = 0;
  for (const Stretch& stretch : holds) sum += stretch.count;
  return sum;
}

bool Reach::ends() const {
  return holds.size() == 1 && others.size() == 1 && holds.front().from < others.front().from;
}

Reach moved_reach(const std::vector<ProbePoint>& points) {
  return reach_of(points, [](const ProbePoint& p) { return p.high > record::kRoundingChange; });
}

Reach recall_reach(const std::vector<ProbePoint>& points) {
  return reach_of(points, [](const ProbePoint& p) { return p.value >= kRecalled; });
}

bool alike(const std::vector<ProbePoint>& points, int64_t seeds) {
  double least = HUGE_VAL, most = 0, least_upper = HUGE_VAL, most_lower = 0;
  bool spread = false;
  for (const ProbePoint& p : points) {
    const double slack = (p.high - p.low) / std::sqrt(static_cast<double>(seeds));
    spread = spread || slack > 0;
    least = std::min(least, p.value);
    most = std::max(most, p.value);
    least_upper = std::min(least_upper, p.value + slack);
    most_lower = std::max(most_lower, p.value - slack);
  }
  return spread ? most_lower <= least_upper : least >= kAlike * most;
}

}  // namespace attnbench::analyze
