// What the fresh samples at the end of a search say: where two variants trade places, with
// intervals, or that one of them is faster at every point.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analyze/crossover_search.h"
#include "analyze/statistics.h"

namespace attnbench::analyze {

/// A change of order that fresh samples confirm.
struct Crossing {
  double x = 0;
  Interval interval;  ///< It lies within the window.
  bool a_faster_below = false;
};

/// One point of a search that saw no change of order.
struct PointOrder {
  double x = 0;
  double ratio = 1;  ///< Time of A over time of B.
  Order order = Order::kCannotTell;
};

struct CrossoverFindings {
  std::vector<Crossing> crossings;    ///< Ascending.
  std::vector<Interval> unconfirmed;  ///< Windows whose fresh samples do not tell a change.
  /// Only if there was no window: all points that were timed, ascending.
  std::vector<PointOrder> points;
  double noise = 0;   ///< Standard deviation of one round's log ratio.
  size_t rounds = 0;  ///< The rounds that timed every point of a window; the fewest of all windows.
};

/// `fresh` are the points of `plan`, measured after it was made. In each window a straight line of
/// the mean log ratios on log(x) gives the crossing; outliers are pulled in before. Its interval
/// comes from a bootstrap that draws whole rounds, as all points of a round share the moment, and
/// refits each time; it is expanded for the small number of rounds (Hesterberg, What Teachers
/// Should Know About the Bootstrap, 2015, section 5.3). If the points scatter about the line by
/// more than the rounds explain, that scatter is drawn, too. The line tells
/// nothing with fewer than kFewestSamples rounds, if resamples disagree about the direction, or if
/// the interval leaves the window.
///
/// Then, if the points whose orders are told change it once, as at a jump, the crossing lies
/// between the nearest two of them. Without either, the window is unconfirmed.
///
/// A point's order, here and without windows, is told by an exact sign test over the rounds,
/// corrected for the number of points (Holm).
CrossoverFindings judge_crossovers(std::span<const RatioPoint> fresh, const FinalPlan& plan,
                                   uint64_t seed);

}  // namespace attnbench::analyze
