// Fits lines to windows and bootstraps their roots.
#include "analyze/crossover_fit.h"

#include <algorithm>
#include <cmath>

#include "analyze/rank_test.h"
#include "analyze/resample.h"

namespace attnbench::analyze {
namespace {

constexpr double kNormal = 1.959964;  ///< The 97.5 % quantile of the normal distribution.

/// That of Student's t, by Fisher and Cornish's expansion.
double student(double freedom) {
  const double z = kNormal, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

/// The part of the resamples to cut off at each end: that of the normal distribution beyond
/// Student's quantile, as the bootstrap of a mean of so few rounds is too narrow by that.
double tail_of(size_t rounds) {
  const auto count = static_cast<double>(rounds);
  return std::erfc(student(count - 1) * std::sqrt(count / (count - 1)) / std::sqrt(2.0)) / 2;
}

/// Values further from a point's median than so many standard deviations are pulled in to them
/// (winsorized): an outlier then counts for its side, but not for its size.
constexpr double kPulledIn = 2;

double median_of(const std::vector<double>& values) {
  return quantile(sorted_copy(values), 0.5);
}

/// A window's log ratios: a row a point, a column a round that timed all of the points.
struct Table {
  std::vector<double> log_x;
  std::vector<std::vector<double>> rows;

  size_t rounds() const { return rows.empty() ? 0 : rows.front().size(); }

  /// The mean of each point over the given rounds, of which some may occur more than once.
  std::vector<double> means(std::span<const size_t> rounds) const {
    std::vector<double> all;
    for (const std::vector<double>& row : rows) {
      double sum = 0;
      for (const size_t r : rounds) sum += row[r];
      all.push_back(sum / static_cast<double>(rounds.size()));
    }
    return all;
  }
};

/// Points that no round timed are left out.
Table table_of(std::span<const RatioPoint> fresh, const Window& window, double noise) {
  std::vector<const RatioPoint*> points;
  size_t rounds = SIZE_MAX;
  for (const RatioPoint& point : fresh) {
    if (!std::ranges::binary_search(window.points, point.x) || known_ratios(point).empty())
      continue;
    points.push_back(&point);
    rounds = std::min(rounds, point.log_ratios.size());
  }
  std::ranges::sort(points, {}, [](const RatioPoint* p) { return p->x; });
  Table table;
  for (const RatioPoint* p : points) {
    table.log_x.push_back(std::log(p->x));
    table.rows.emplace_back();
  }
  for (size_t r = 0; !points.empty() && r < rounds; ++r) {
    if (!std::ranges::all_of(points, [&](const auto* p) { return p->log_ratios[r].has_value(); }))
      continue;
    for (size_t i = 0; i < points.size(); ++i) table.rows[i].push_back(*points[i]->log_ratios[r]);
  }
  for (std::vector<double>& row : table.rows) {
    if (row.empty()) continue;
    const double median = median_of(row);
    for (double& y : row) y = std::clamp(y, median - kPulledIn * noise, median + kPulledIn * noise);
  }
  return table;
}

/// Deviations of the points from the line, as far as the scatter of the rounds does not explain
/// them: they are shrunk to the part that is left, which may be none.
std::vector<double> lack_of_fit(const Table& table, const std::vector<double>& means,
                                const StraightLine& line,
                                const std::vector<std::vector<double>>& draws) {
  const auto points = static_cast<double>(means.size());
  std::vector<double> deviations;
  double about_line = 0, of_rounds = 0;
  for (size_t i = 0; i < means.size(); ++i) {
    deviations.push_back(means[i] - line.level - line.slope * (table.log_x[i] - line.mean_x));
    about_line += deviations.back() * deviations.back();
  }
  if (points < 3 || about_line == 0) return std::vector<double>(means.size(), 0);
  for (const std::vector<double>& draw : draws)
    for (size_t i = 0; i < means.size(); ++i)
      of_rounds += (draw[i] - means[i]) * (draw[i] - means[i]) / static_cast<double>(draws.size());
  const double freedom = points / (points - 2);
  const double left = std::max(0.0, 1 - of_rounds / (about_line * freedom));
  for (double& deviation : deviations)
    deviation *= std::sqrt(left * freedom) * student(points - 2) / kNormal;
  return deviations;
}

/// The crossing, if the fresh samples of this window tell it.
std::optional<Crossing> crossing_of(const Table& table, bool a_faster_below, uint64_t seed) {
  const size_t rounds = table.rounds();
  if (table.rows.size() < 2 || rounds < static_cast<size_t>(kFewestSamples)) return {};
  std::vector<size_t> drawn(rounds);
  for (size_t r = 0; r < rounds; ++r) drawn[r] = r;
  const std::vector<double> means = table.means(drawn);
  const StraightLine line = fit_line(table.log_x, means);
  if ((line.slope > 0) != a_faster_below || line.slope == 0) return {};

  Random random(seed);
  std::vector<std::vector<double>> draws(kResamples);
  for (std::vector<double>& draw : draws) {
    for (size_t& r : drawn) r = random.below(rounds);
    draw = table.means(drawn);
  }
  const std::vector<double> scatter = lack_of_fit(table, means, line, draws);
  std::vector<double> roots;
  size_t turned = 0;
  for (std::vector<double>& draw : draws) {
    for (double& y : draw) y += scatter[random.below(scatter.size())];
    const StraightLine refit = fit_line(table.log_x, draw);
    if (refit.slope * line.slope > 0)
      roots.push_back(refit.root());
    else
      ++turned;
  }
  const auto cut = static_cast<size_t>(tail_of(rounds) * kResamples);
  if (turned > cut) return {};
  std::sort(roots.begin(), roots.end());
  const double low = roots[cut], high = roots[roots.size() - 1 - cut];
  if (low < table.log_x.front() || high > table.log_x.back()) return {};
  return Crossing{std::exp(line.root()), {std::exp(low), std::exp(high)}, a_faster_below};
}

/// Two-sided p-value of the exact sign test: as many as `few` of `count` fall on the rarer side.
double sign_test(size_t few, size_t count) {
  double term = std::pow(0.5, static_cast<double>(count)), sum = 0;
  for (size_t k = 0; k <= few; ++k) {
    sum += term;
    term *= static_cast<double>(count - k) / static_cast<double>(k + 1);
  }
  return std::min(1.0, 2 * sum);
}

/// The order of each point, told by a sign test and corrected over all points (Holm).
std::vector<PointOrder> orders_of(std::span<const RatioPoint> fresh) {
  std::vector<PointOrder> orders;
  std::vector<double> p_values;
  for (const RatioPoint& point : fresh) {
    const std::vector<double> ratios = known_ratios(point);
    if (ratios.empty()) continue;
    const auto below =
        static_cast<size_t>(std::ranges::count_if(ratios, [](double y) { return y < 0; }));
    const auto above =
        static_cast<size_t>(std::ranges::count_if(ratios, [](double y) { return y > 0; }));
    orders.push_back(
        {point.x, std::exp(median_of(ratios)), below > above ? Order::kAFaster : Order::kBFaster});
    p_values.push_back(sign_test(std::min(below, above), below + above));
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (size_t i = 0; i < orders.size(); ++i)
    if (adjusted[i] > 1 - kConfidence) orders[i].order = Order::kCannotTell;
  std::ranges::sort(orders, {}, &PointOrder::x);
  return orders;
}

/// The crossing, if the fresh points of this window are told in different orders, first one and
/// then the other, such as at a jump that no line fits: it lies between the two nearest ones.
std::optional<Crossing> jump_of(std::span<const RatioPoint> fresh, const Window& window) {
  std::vector<RatioPoint> points;
  for (const RatioPoint& point : fresh)
    if (std::ranges::binary_search(window.points, point.x)) points.push_back(point);
  const Order below = window.a_faster_below ? Order::kAFaster : Order::kBFaster;
  std::optional<double> low, high;
  for (const PointOrder& point : orders_of(points)) {
    if (point.order == Order::kCannotTell) continue;
    if (point.order != below && !high)
      high = point.x;
    else if (point.order == below && high)
      return {};  // It changes more than once.
    else if (point.order == below)
      low = point.x;
  }
  if (!low || !high) return {};
  return Crossing{std::sqrt(*low * *high), {*low, *high}, window.a_faster_below};
}

}  // namespace

CrossoverFindings judge_crossovers(std::span<const RatioPoint> fresh, const FinalPlan& plan,
                                   uint64_t seed) {
  CrossoverFindings findings;
  findings.noise = round_noise(fresh);
  size_t fewest = SIZE_MAX;
  for (const Window& window : plan.windows) {
    const Table table = table_of(fresh, window, findings.noise);
    fewest = std::min(fewest, table.rounds());
    std::optional<Crossing> crossing = crossing_of(table, window.a_faster_below, seed++);
    if (!crossing) crossing = jump_of(fresh, window);
    if (crossing)
      findings.crossings.push_back(*crossing);
    else
      findings.unconfirmed.push_back({window.points.front(), window.points.back()});
  }
  if (plan.windows.empty()) {
    findings.points = orders_of(fresh);
    for (const RatioPoint& point : fresh)
      if (const size_t rounds = known_ratios(point).size(); rounds > 0)
        fewest = std::min(fewest, rounds);
  }
  findings.rounds = fewest == SIZE_MAX ? 0 : fewest;
  return findings;
}

}  // namespace attnbench::analyze
