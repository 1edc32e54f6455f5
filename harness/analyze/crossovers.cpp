// Sign changes of the log ratio of two series, and the bootstrap of the last one.
#include "analyze/crossovers.h"

#include <cmath>
#include <limits>
#include <vector>

#include "analyze/resample.h"

namespace attnbench::analyze {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The x at which `ratio` falls below 1 for the last time, interpolated in logarithms: 0 if it is
/// below 1 throughout, infinity if its last value is not below 1.
double last_crossing(std::span<const SizePair> pairs, const std::vector<double>& ratio) {
  if (!(ratio.back() < 1)) return kInfinity;
  for (size_t i = ratio.size() - 1; i-- > 0;) {
    if (ratio[i] < 1) continue;
    const double x0 = std::log(static_cast<double>(pairs[i].seq_len));
    const double x1 = std::log(static_cast<double>(pairs[i + 1].seq_len));
    const double y0 = std::log(ratio[i]);
    const double y1 = std::log(ratio[i + 1]);
    return std::exp(x0 + (x1 - x0) * y0 / (y0 - y1));
  }
  return 0;
}

int count_sign_changes(const std::vector<double>& ratio) {
  int changes = 0;
  for (size_t i = 0; i + 1 < ratio.size(); ++i) changes += (ratio[i] < 1) != (ratio[i + 1] < 1);
  return changes;
}

}  // namespace

Crossover find_crossover(std::span<const SizePair> pairs, int a, int b) {
  const bool a_faster = pairs.back().a_s <= pairs.back().b_s;
  Crossover c;
  c.faster = a_faster ? a : b;
  c.slower = a_faster ? b : a;
  c.smallest = pairs.front().seq_len;
  c.largest = pairs.back().seq_len;
  const auto ratio_of = [&](double a_s, double b_s) { return a_faster ? a_s / b_s : b_s / a_s; };
  std::vector<double> ratio;
  bool sampled = true;
  for (const SizePair& p : pairs) {
    ratio.push_back(ratio_of(p.a_s, p.b_s));
    sampled = sampled && !p.a_draws.empty() && !p.b_draws.empty();
  }
  c.ratio_at_largest = 1 / ratio.back();
  c.seq_len = last_crossing(pairs, ratio);
  c.sign_changes = count_sign_changes(ratio);
  if (!sampled) return c;

  std::vector<double> drawn(kResamples);
  for (size_t r = 0; r < drawn.size(); ++r) {
    for (size_t i = 0; i < pairs.size(); ++i)
      ratio[i] = ratio_of(pairs[i].a_draws[r], pairs[i].b_draws[r]);
    drawn[r] = last_crossing(pairs, ratio);
  }
  c.interval = percentile_interval(std::move(drawn));
  return c;
}

bool too_close_to_call(const Crossover& crossover) {
  return crossover.ratio_at_largest == 1 ||
         (crossover.interval && crossover.interval->high == kInfinity);
}

}  // namespace attnbench::analyze
