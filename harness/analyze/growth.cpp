// Least squares in logarithms, its bootstrap interval, and candidate laws by AICc.
#include "analyze/growth.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyze/resample.h"

namespace attnbench::analyze {
namespace {

/// Power and log_power of the candidates.
constexpr std::array<std::array<double, 2>, 9> kLaws{
    {{0, 0}, {0, 1}, {0.5, 0}, {1, 0}, {1, 1}, {1.5, 0}, {2, 0}, {2, 1}, {3, 0}}};

/// Below this relative error, laws of measured numbers are not told apart.
constexpr double kSmallestRelativeError = 1e-6;

/// A line through points of fixed x: each y's weight in the slope, and each point's leverage.
struct Line {
  std::vector<double> weights;
  std::vector<double> leverages;
  double mean_x = 0;
};

Line line_through(const std::vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  Line line;
  for (const double xi : x) line.mean_x += xi / n;
  double sum_squares = 0;
  for (const double xi : x) sum_squares += (xi - line.mean_x) * (xi - line.mean_x);
  for (const double xi : x) {
    const double d = xi - line.mean_x;
    line.weights.push_back(d / sum_squares);
    line.leverages.push_back(1 / n + d * d / sum_squares);
  }
  return line;
}

double slope_of(const Line& line, const std::vector<double>& y) {
  // The weights sum to zero, so the first y can be subtracted: equal values then give exactly 0.
  double slope = 0;
  for (size_t i = 0; i < y.size(); ++i) slope += line.weights[i] * (y[i] - y.front());
  return slope;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Residuals of the fitted line, each scaled up for the pull of its own point on the line.
std::vector<double> inflated_residuals(const Line& line, const std::vector<double>& x,
                                       const std::vector<double>& y, double slope) {
  const double mean_y = mean(y);
  std::vector<double> residuals;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - mean_y - slope * (x[i] - line.mean_x);
    residuals.push_back(residual / std::sqrt(std::max(1 - line.leverages[i], 1e-9)));
  }
  return residuals;
}

/// log(value) of each size in each resample: [size][resample], one column for exact numbers.
std::vector<std::vector<double>> log_draws(std::span<const SizeValue> sizes) {
  std::vector<std::vector<double>> logs;
  for (const SizeValue& s : sizes) {
    auto& column = logs.emplace_back();
    for (const double draw : s.draws) column.push_back(std::log(draw));
    if (column.empty()) column.assign(kResamples, std::log(s.value));
  }
  return logs;
}

Interval slope_interval(const Line& line, const std::vector<std::vector<double>>& logs,
                        const std::vector<double>& residuals, uint64_t seed) {
  Random random(seed);
  std::vector<double> slopes(kResamples);
  std::vector<double> y(residuals.size());
  for (size_t r = 0; r < slopes.size(); ++r) {
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = logs[i][r] + residuals[random.below(residuals.size())];
    slopes[r] = slope_of(line, y);
  }
  return percentile_interval(std::move(slopes));
}

std::vector<LocalSlope> local_slopes(std::span<const SizeValue> sizes, const std::vector<double>& x,
                                     const std::vector<double>& y,
                                     const std::vector<std::vector<double>>& logs) {
  std::vector<LocalSlope> slopes;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    const double step = x[i + 1] - x[i];
    LocalSlope local{sizes[i].seq_len, sizes[i + 1].seq_len, (y[i + 1] - y[i]) / step, {}};
    if (!sizes[i].draws.empty() && !sizes[i + 1].draws.empty()) {
      std::vector<double> drawn(kResamples);
      for (size_t r = 0; r < drawn.size(); ++r) drawn[r] = (logs[i + 1][r] - logs[i][r]) / step;
      local.interval = percentile_interval(std::move(drawn));
    }
    slopes.push_back(local);
  }
  return slopes;
}

LawFit fit_law(const record::Growth& law, std::span<const SizeValue> sizes,
               const std::vector<double>& y) {
  std::vector<double> offsets;
  for (size_t i = 0; i < y.size(); ++i)
    offsets.push_back(y[i] - record::log_value(law, static_cast<double>(sizes[i].seq_len)));
  const double log_scale = mean(offsets);
  double squares = 0;
  for (const double offset : offsets) squares += (offset - log_scale) * (offset - log_scale);
  const auto n = static_cast<double>(y.size());
  const double floor = kSmallestRelativeError * kSmallestRelativeError;
  constexpr double kFitted = 2;  // Fitted parameters: the scale and the variance.
  const double aicc = n * std::log(std::max(squares / n, floor)) + 2 * kFitted +
                      2 * kFitted * (kFitted + 1) / (n - kFitted - 1);
  return {law, std::exp(log_scale), aicc};
}

}  // namespace

double expected_slope(const record::Growth& law, std::span<const int64_t> seq_lens) {
  if (seq_lens.size() < 2) return law.leading().power;
  std::vector<double> x, y;
  for (const int64_t n : seq_lens) {
    x.push_back(std::log(static_cast<double>(n)));
    y.push_back(record::log_value(law, static_cast<double>(n)));
  }
  return slope_of(line_through(x), y);
}

std::optional<Fit> fit_growth(std::span<const SizeValue> sizes, uint64_t seed) {
  if (sizes.size() < kFitSizes) return std::nullopt;
  std::vector<double> x, y;
  for (const SizeValue& s : sizes) {
    x.push_back(std::log(static_cast<double>(s.seq_len)));
    y.push_back(std::log(s.value));
  }
  const Line line = line_through(x);
  const auto logs = log_draws(sizes);
  Fit fit;
  fit.slope = slope_of(line, y);
  fit.scale = std::exp(mean(y) - fit.slope * line.mean_x);
  fit.interval = slope_interval(line, logs, inflated_residuals(line, x, y, fit.slope), seed);
  fit.local_slopes = local_slopes(sizes, x, y, logs);
  if (sizes.size() < kVerdictSizes) return fit;
  for (const auto& [power, log_power] : kLaws)
    fit.laws.push_back(fit_law({power, log_power}, sizes, y));
  const auto better = [](const LawFit& a, const LawFit& b) { return a.aicc < b.aicc; };
  std::stable_sort(fit.laws.begin(), fit.laws.end(), better);
  const double worst = fit.laws.front().aicc + kAiccMargin;
  fit.indistinguishable = static_cast<size_t>(std::count_if(
      fit.laws.begin(), fit.laws.end(), [&](const LawFit& f) { return f.aicc <= worst; }));
  return fit;
}

}  // namespace attnbench::analyze
