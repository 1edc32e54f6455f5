// Decides where to measure next so as to find the values of an axis at which two variants trade
// places, and where to measure afresh once they are found.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace attnbench::analyze {

/// What one value of the axis showed: log(time of A / time of B) in each round, from the first. A
/// round that did not time both is empty.
struct RatioPoint {
  double x = 0;
  std::vector<std::optional<double>> log_ratios;
};

/// Which of the two is faster at a point.
enum class Order { kAFaster, kCannotTell, kBFaster };

struct SearchRules {
  double low = 0;  ///< The range to search, both ends included; above 0, low below high.
  double high = 0;
  /// The value nearest to `x` from `low` to `high` at which both variants can be measured; empty if
  /// there is none.
  std::function<std::optional<double>(double x, double low, double high)> nearest;
  int search_rounds = 5;  ///< Rounds at each point of the search.
  int final_rounds = 9;   ///< Fewest rounds at each point of the end.
};

/// A search is over if two points in different order lie no further apart than this factor, and a
/// crossing is found well if its interval is no wider than this part of it.
inline constexpr double kNarrow = 0.05;

/// The points to measure next, rules.search_rounds each and interleaved; none if the search is
/// over. First comes a geometric grid over the range. Then every change of order between
/// neighbouring points that can be told apart is bisected, until it is narrow or noise hides the
/// order of the point between them. `seen` are the results so far, in any order; a point that could
/// not be timed has no ratios, and is not asked for again.
std::vector<double> next_points(std::span<const RatioPoint> seen, const SearchRules& rules);

/// The surroundings of one change of order, to be measured afresh.
struct Window {
  std::vector<double> points;  ///< Ascending: about 7, or 5 if there are several windows.
  bool a_faster_below = false;
};

/// What to measure at the end of a search, all points interleaved in the same rounds.
struct FinalPlan {
  std::vector<Window> windows;  ///< Ascending and apart. Empty if no change of order was seen.
  std::vector<double> points;   ///< Of all windows; without any, a grid over the range.
  int rounds = 0;  ///< As many as promise a narrow interval, between final_rounds and 4 times that.
};

FinalPlan plan_final(std::span<const RatioPoint> seen, const SearchRules& rules);

/// The changes of order that the search knows so far: between which two points, and who is faster
/// below them.
struct Bracket {
  double low = 0;
  double high = 0;
  bool a_faster_below = false;
};
std::vector<Bracket> brackets(std::span<const RatioPoint> seen);

/// The ratios that exist.
std::vector<double> known_ratios(const RatioPoint& point);

/// Standard deviation of one round's log ratio, pooled over all points, whatever their medians. It
/// follows from the median distance of two rounds of a point, which outliers hardly change.
double round_noise(std::span<const RatioPoint> points);

/// The standard error of the median of so many rounds, relative to the standard deviation of one.
double median_error(int rounds);

/// y = level + slope * (x - mean_x), by ordinary least squares.
struct StraightLine {
  double mean_x = 0;
  double level = 0;
  double slope = 0;

  /// Where it is 0; infinite if it never is.
  double root() const;
};
StraightLine fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace attnbench::analyze
