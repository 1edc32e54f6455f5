// The grid, the bisection, and the windows of the end.
#include "analyze/crossover_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "analyze/statistics.h"

namespace attnbench::analyze {
namespace {

constexpr int kGrid = 7;
constexpr size_t kMostPoints = 60;  ///< Of a search.

/// Beside a point whose order noise hides, the search goes on until it knows the order this close.
constexpr double kNarrowBesideNoise = 0.10;

/// A point's order is told if its median is this many standard errors from 0. The end of the search
/// does not rely on it: it only steers.
constexpr double kTold = 2;

/// Half the width of a window, in logarithms. The ratio should leave the noise within it, but a
/// straight line should still describe it.
constexpr double kLeastHalfWidth = 0.08;
constexpr double kMostHalfWidth = 0.6;
constexpr double kErrorsInWindow = 4.5;
constexpr double kMostForScatter = 0.25;  ///< A jump scatters the points, too.

/// Points within this logarithmic distance tell how steep the ratio is.
constexpr double kNear = 0.7;

constexpr int kMostFinalFactor = 4;    ///< Of final_rounds.
constexpr int kFewestGridRounds = 12;  ///< Then a sign test over 7 points forgives one odd round.
constexpr size_t kWindowPoints = 7, kPointsOfManyWindows = 5, kFewestWindowPoints = 5;

/// A point that was timed.
struct Known {
  double x = 0;
  double median = 0;
  Order order = Order::kCannotTell;
};

std::vector<Known> known_points(std::span<const RatioPoint> seen) {
  const double noise = round_noise(seen);
  std::vector<Known> known;
  for (const RatioPoint& point : seen) {
    const std::vector<double> ratios = sorted_copy(known_ratios(point));
    if (ratios.empty()) continue;
    const double median = quantile(ratios, 0.5);
    const double error = kTold * noise * median_error(static_cast<int>(ratios.size()));
    known.push_back({point.x, median,
                     median < -error  ? Order::kAFaster
                     : median > error ? Order::kBFaster
                                      : Order::kCannotTell});
  }
  std::ranges::sort(known, {}, &Known::x);
  return known;
}

/// A change of order: the two points that show it, with only untold ones between them.
struct Change {
  size_t below = 0;  ///< Indices into the known points.
  size_t above = 0;
};

std::vector<Change> changes(const std::vector<Known>& known) {
  std::vector<Change> found;
  std::optional<size_t> told;
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i].order == Order::kCannotTell) continue;
    if (told && known[*told].order != known[i].order) found.push_back({*told, i});
    told = i;
  }
  return found;
}

/// Geometric, as far as the axis has such values; ascending without repeats.
std::vector<double> spread(double low, double high, size_t count, const SearchRules& rules) {
  std::set<double> points;
  for (size_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(count - 1);
    // The ends exactly, without the rounding of logarithms.
    const double x = i == 0           ? low
                     : i + 1 == count ? high
                                      : std::exp(std::log(low) + part * std::log(high / low));
    if (const auto valid = rules.nearest(x, rules.low, rules.high)) points.insert(*valid);
  }
  return {points.begin(), points.end()};
}

/// Leaves out what the search could not time. If that is all, the end tries all again.
void drop_untimed(std::vector<double>& points, std::span<const RatioPoint> seen) {
  std::vector<double> left = points;
  for (const RatioPoint& point : seen)
    if (known_ratios(point).empty()) std::erase(left, point.x);
  if (!left.empty()) points = std::move(left);
}

/// Asks for the middle of a gap that is wider than `narrow`, unless it was measured.
void add_middle(double low, double high, double narrow, const std::set<double>& measured,
                const SearchRules& rules, std::vector<double>& next) {
  if (high <= low * (1 + narrow)) return;
  const auto middle = rules.nearest(std::sqrt(low * high), low, high);
  if (middle && !measured.contains(*middle)) next.push_back(*middle);
}

/// Where a change should be, and how steep the log ratio is there.
struct Guess {
  double log_x = 0;
  double slope = 0;    ///< Not 0.
  double scatter = 0;  ///< How far points stray from a smooth curve, beyond their noise.
  bool a_faster_below = false;
};

/// Logarithms of the points between two logarithms, and their medians.
struct Stretch {
  std::vector<double> x, y;
};

Stretch stretch_of(const std::vector<Known>& known, double from_log_x, double to_log_x) {
  Stretch stretch;
  for (const Known& k : known) {
    if (std::log(k.x) < from_log_x || std::log(k.x) > to_log_x) continue;
    stretch.x.push_back(std::log(k.x));
    stretch.y.push_back(k.median);
  }
  return stretch;
}

/// How far points stray from a parabola, beyond what noise explains: root mean square. 0 if there
/// are too few points to tell.
double scatter_of(const std::vector<double>& x, const std::vector<double>& y, double error) {
  constexpr size_t kFewest = 5;
  if (x.size() < kFewest) return 0;
  const StraightLine line = fit_line(x, y);
  const auto count = static_cast<double>(x.size());
  double second = 0, third = 0;  // Moments.
  for (const double xi : x) {
    second += std::pow(xi - line.mean_x, 2) / count;
    third += std::pow(xi - line.mean_x, 3) / count;
  }
  // The square, freed of its constant and straight parts.
  const auto bend = [&](double xi) {
    const double u = xi - line.mean_x;
    return u * u - second - third / second * u;
  };
  double products = 0, bends = 0, squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    products += bend(x[i]) * y[i];
    bends += bend(x[i]) * bend(x[i]);
  }
  for (size_t i = 0; i < x.size(); ++i)
    squares += std::pow(
        y[i] - line.level - line.slope * (x[i] - line.mean_x) - products / bends * bend(x[i]), 2);
  return std::sqrt(std::max(0.0, squares / (count - 3) - error * error));
}

Guess guess_of(const std::vector<Known>& known, const Change& change, double error) {
  const Known &below = known[change.below], &above = known[change.above];
  const double low = std::log(below.x), high = std::log(above.x);
  // Rounding must not lose the ends.
  const Stretch across = stretch_of(known, low - 1e-9, high + 1e-9);
  const double straight = (above.median - below.median) / (high - low);
  Guess guess{std::clamp(fit_line(across.x, across.y).root(), low, high), straight, 0,
              straight > 0};
  const Stretch near = stretch_of(known, guess.log_x - kNear, guess.log_x + kNear);
  if (const double slope = fit_line(near.x, near.y).slope; slope * straight > 0)
    guess.slope = slope;
  guess.scatter = scatter_of(near.x, near.y, error);
  return guess;
}

/// Adds the valid values next to a window that has too few, such as one of 3 and 4 threads.
void widen(std::vector<double>& points, const SearchRules& rules) {
  constexpr double kFurthest = 4, kStep = 1.02;
  std::set<double> all(points.begin(), points.end());
  const double low = std::max(rules.low, *all.begin() / kFurthest);
  const double high = std::min(rules.high, *all.rbegin() * kFurthest);
  for (double factor = kStep; all.size() < kFewestWindowPoints && factor < kFurthest;
       factor *= kStep)
    for (const double x : {points.front() / factor, points.back() * factor})
      if (x >= low && x <= high && all.size() < kFewestWindowPoints)
        if (const auto valid = rules.nearest(x, rules.low, rules.high)) all.insert(*valid);
  points.assign(all.begin(), all.end());
}

/// Rounds that promise an interval of kNarrow.
int rounds_for(double noise, double slope, size_t points, const SearchRules& rules) {
  constexpr double kStandardErrors = 2.9;  // On either side, of a 95 % interval from few rounds.
  const double needed = std::pow(2 * kStandardErrors * noise / std::abs(slope) / kNarrow, 2) /
                        static_cast<double>(points);
  const double most = kMostFinalFactor * static_cast<double>(rules.final_rounds);
  return static_cast<int>(
      std::clamp(std::ceil(needed), static_cast<double>(rules.final_rounds), most));
}

/// The window around the guess at `g`, wide enough for the ratio to leave the noise. It ends
/// half-way to the next change, where the ratio turns back.
Window window_of(const std::vector<Guess>& guesses, size_t g, double noise,
                 const SearchRules& rules) {
  const Guess& guess = guesses[g];
  const double noisy = kErrorsInWindow * noise / std::sqrt(rules.final_rounds);
  const double half = std::clamp(
      std::hypot(
          noisy / guess.slope,
          std::min(kErrorsInWindow * guess.scatter / std::abs(guess.slope), kMostForScatter)),
      kLeastHalfWidth, kMostHalfWidth);
  double from = guess.log_x - half, to = guess.log_x + half;
  if (g > 0) from = std::max(from, (guesses[g - 1].log_x + guess.log_x) / 2);
  if (g + 1 < guesses.size()) to = std::min(to, (guess.log_x + guesses[g + 1].log_x) / 2);
  const size_t count = guesses.size() == 1 ? kWindowPoints : kPointsOfManyWindows;
  Window window{
      spread(std::max(rules.low, std::exp(from)), std::min(rules.high, std::exp(to)), count, rules),
      guess.a_faster_below};
  if (!window.points.empty() && window.points.size() < kFewestWindowPoints)
    widen(window.points, rules);
  return window;
}

}  // namespace

std::vector<double> known_ratios(const RatioPoint& point) {
  std::vector<double> ratios;
  for (const auto& ratio : point.log_ratios)
    if (ratio) ratios.push_back(*ratio);
  return ratios;
}

double round_noise(std::span<const RatioPoint> points) {
  std::vector<double> distances;
  for (const RatioPoint& point : points) {
    const std::vector<double> ratios = known_ratios(point);
    for (size_t i = 0; i < ratios.size(); ++i)
      for (size_t j = 0; j < i; ++j) distances.push_back(std::abs(ratios[i] - ratios[j]));
  }
  if (distances.empty()) return 0;
  constexpr double kMedianDistance = 0.9539;  // Of two standard normal numbers.
  return quantile(sorted_copy(distances), 0.5) / kMedianDistance;
}

double median_error(int rounds) {
  return std::sqrt(std::numbers::pi / 2 / rounds);
}

double StraightLine::root() const {
  return slope == 0 ? std::numeric_limits<double>::infinity() : mean_x - level / slope;
}

StraightLine fit_line(std::span<const double> x, std::span<const double> y) {
  StraightLine line;
  const auto count = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    line.mean_x += x[i] / count;
    line.level += y[i] / count;
  }
  double squares = 0, products = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    squares += (x[i] - line.mean_x) * (x[i] - line.mean_x);
    products += (x[i] - line.mean_x) * (y[i] - line.level);
  }
  line.slope = squares > 0 ? products / squares : 0;
  return line;
}

std::vector<Bracket> brackets(std::span<const RatioPoint> seen) {
  const std::vector<Known> known = known_points(seen);
  std::vector<Bracket> all;
  for (const Change& c : changes(known))
    all.push_back({known[c.below].x, known[c.above].x, known[c.below].order == Order::kAFaster});
  return all;
}

std::vector<double> next_points(std::span<const RatioPoint> seen, const SearchRules& rules) {
  std::set<double> measured;
  for (const RatioPoint& point : seen) measured.insert(point.x);
  std::vector<double> next;
  if (seen.empty()) return spread(rules.low, rules.high, kGrid, rules);
  if (seen.size() >= kMostPoints) return next;
  const std::vector<Known> known = known_points(seen);
  for (const Change& change : changes(known)) {
    const double low = known[change.below].x, high = known[change.above].x;
    if (change.above == change.below + 1) {
      add_middle(low, high, kNarrow, measured, rules, next);
    } else {
      add_middle(low, known[change.below + 1].x, kNarrowBesideNoise, measured, rules, next);
      add_middle(known[change.above - 1].x, high, kNarrowBesideNoise, measured, rules, next);
    }
  }
  return next;
}

FinalPlan plan_final(std::span<const RatioPoint> seen, const SearchRules& rules) {
  const std::vector<Known> known = known_points(seen);
  const double noise = round_noise(seen);
  std::vector<Guess> guesses;
  for (const Change& change : changes(known))
    guesses.push_back(guess_of(known, change, noise * median_error(rules.search_rounds)));
  FinalPlan plan{{}, {}, rules.final_rounds};
  if (guesses.empty()) {
    plan.points = spread(rules.low, rules.high, kGrid, rules);
    drop_untimed(plan.points, seen);
    plan.rounds = std::max(plan.rounds, kFewestGridRounds);
    return plan;
  }
  std::set<double> all;
  for (size_t g = 0; g < guesses.size(); ++g) {
    Window window = window_of(guesses, g, noise, rules);
    drop_untimed(window.points, seen);
    if (window.points.empty()) continue;
    plan.rounds =
        std::max(plan.rounds, rounds_for(noise, guesses[g].slope, window.points.size(), rules));
    all.insert(window.points.begin(), window.points.end());
    plan.windows.push_back(std::move(window));
  }
  plan.points.assign(all.begin(), all.end());
  return plan;
}

}  // namespace attnbench::analyze
