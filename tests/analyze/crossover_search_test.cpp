// The search for crossovers on simulated samples whose crossovers are known.
#include "analyze/crossover_search.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "analyze/crossover_fit.h"
#include "analyze/synthetic.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

constexpr uint64_t kSeeds = 200;

/// Two programs on a machine that is not quiet: each time varies by `noise`, the machine's speed
/// drifts from sample to sample, and one sample in 25 takes 1.2 to 2.5 times as long.
class Machine {
 public:
  Machine(std::function<double(double)> a_s, std::function<double(double)> b_s, double noise,
          uint64_t seed)
      : a_s_(std::move(a_s)), b_s_(std::move(b_s)), noise_(noise), random_(seed * 7919) {}

  /// All points in each round, interleaved.
  std::vector<RatioPoint> measure(const std::vector<double>& points, int rounds) {
    std::vector<RatioPoint> measured;
    for (const double x : points) measured.push_back({x, {}});
    for (int r = 0; r < rounds; ++r)
      for (RatioPoint& point : measured) {
        const double a = sample(a_s_(point.x)), b = sample(b_s_(point.x));
        point.log_ratios.emplace_back(std::log(a / b));
      }
    samples += 2 * points.size() * static_cast<size_t>(rounds);
    return measured;
  }

  size_t samples = 0;

 private:
  double sample(double time_s) {
    drift_ = 0.98 * drift_ + 0.01 * normal(random_);
    double factor = std::exp(noise_ * normal(random_) + drift_);
    if (random_.below(25) == 0) factor *= 1.2 + 1.3 * static_cast<double>(random_.below(100)) / 100;
    return time_s * factor;
  }

  std::function<double(double)> a_s_, b_s_;
  double noise_;
  double drift_ = 0;
  Random random_;
};

SearchRules rules_of(double low, double high) {
  return {low, high, [](double x, double from, double to) -> std::optional<double> {
            const double nearest = std::clamp(std::round(x), std::ceil(from), std::floor(to));
            return nearest < from || nearest > to ? std::nullopt : std::optional(nearest);
          }};
}

struct Outcome {
  CrossoverFindings findings;
  FinalPlan plan;
  size_t search_points = 0;
};

Outcome search(Machine& machine, const SearchRules& rules, uint64_t seed) {
  std::vector<RatioPoint> seen;
  while (true) {
    const std::vector<double> next = next_points(seen, rules);
    if (next.empty()) break;
    for (RatioPoint& point : machine.measure(next, rules.search_rounds))
      seen.push_back(std::move(point));
  }
  Outcome outcome{{}, plan_final(seen, rules), seen.size()};
  outcome.findings = judge_crossovers(machine.measure(outcome.plan.points, outcome.plan.rounds),
                                      outcome.plan, seed);
  return outcome;
}

/// How many of `count` trials may miss at a rate of 5 %, in all but one of 1000 cases.
int slack(uint64_t count) {
  const auto n = static_cast<double>(count);
  return static_cast<int>(std::ceil(0.05 * n + 3.1 * std::sqrt(0.05 * 0.95 * n)));
}

double linear(double n) {
  return 1e-6 * (n + 40);
}
std::function<double(double)> power(double crossing, double exponent) {
  return [=](double n) { return linear(n) * std::pow(n / crossing, exponent); };
}

/// Searches each seed's machine; checks that the planted crossing is found and covered.
void check_planted(double crossing, double exponent, double noise, double most_width) {
  int found = 0, covered = 0;
  std::vector<double> widths;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machine machine(linear, power(crossing, exponent), noise, seed);
    const Outcome o = search(machine, rules_of(256, 4096), seed);
    REQUIRE(o.search_points <= 20);
    if (o.findings.crossings.size() != 1) continue;
    ++found;
    const Crossing& c = o.findings.crossings.front();
    REQUIRE(c.a_faster_below == exponent < 0);
    REQUIRE(c.interval.low <= c.x);
    REQUIRE(c.x <= c.interval.high);
    covered += c.interval.low <= crossing && crossing <= c.interval.high;
    widths.push_back((c.interval.high - c.interval.low) / crossing);
  }
  const double width = quantile(sorted_copy(widths), 0.5);
  INFO(exponent << " at noise " << noise << ": found " << found << ", covered " << covered
                << ", median width " << width);
  CHECK(found >= 190);
  CHECK(found - covered <= slack(static_cast<uint64_t>(found)));
  CHECK(width < most_width);
}

TEST_CASE("The interval of a planted crossover covers it in 95 of 100 searches") {
  check_planted(800, -1, 0.02, kNarrow);
  check_planted(565, 1, 0.05, kNarrow);
  check_planted(1500, -0.25, 0.02, 0.08);
  check_planted(1500, 0.25, 0.05, 0.20);
}

TEST_CASE("Where nothing crosses, no crossover is reported") {
  int equal = 0, close = 0, far = 0, told = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto factor = [](double f) { return [f](double n) { return f * linear(n); }; };
    Machine same(linear, linear, 0.04, seed), near(linear, factor(1.03), 0.04, seed),
        apart(linear, factor(1.5), 0.04, seed);
    const SearchRules rules = rules_of(256, 4096);
    equal += !search(same, rules, seed).findings.crossings.empty();
    close += !search(near, rules, seed).findings.crossings.empty();
    const CrossoverFindings findings = search(apart, rules, seed).findings;
    far += !findings.crossings.empty();
    told += std::ranges::all_of(findings.points,
                                [](const auto& p) { return p.order == Order::kAFaster; });
  }
  INFO("equal " << equal << ", 1.03 apart " << close << ", 1.5 apart " << far << ", told " << told);
  CHECK(equal <= 10);
  CHECK(close <= 10);
  CHECK(far == 0);
  CHECK(told >= 190);
}

TEST_CASE("Equal programs are called faster somewhere in at most 5 of 100 searches") {
  int called = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machine machine(linear, linear, 0.04, seed);
    const CrossoverFindings findings = search(machine, rules_of(256, 4096), seed).findings;
    called += std::ranges::any_of(findings.points,
                                  [](const auto& p) { return p.order != Order::kCannotTell; });
  }
  CHECK(called <= slack(kSeeds));
}

TEST_CASE("Both places are found if two programs trade places twice") {
  int found = 0, covered = 0;
  // The log ratio is a parabola with roots at 500 and 2500.
  const auto b_s = [](double n) {
    const double middle = std::log(500.0 * 2500.0) / 2, half = std::log(2500.0 / 500.0) / 2;
    const double away = (std::log(n) - middle) / half;
    return linear(n) * std::exp(0.5 * (away * away - 1));
  };
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machine machine(linear, b_s, 0.03, seed);
    const CrossoverFindings findings = search(machine, rules_of(128, 8192), seed).findings;
    if (findings.crossings.size() != 2) continue;
    ++found;
    REQUIRE(findings.crossings[0].a_faster_below);
    REQUIRE_FALSE(findings.crossings[1].a_faster_below);
    const double planted[] = {500, 2500};
    for (size_t i = 0; i < 2; ++i)
      covered += findings.crossings[i].interval.low <= planted[i] &&
                 planted[i] <= findings.crossings[i].interval.high;
  }
  INFO("found " << found << ", covered " << covered);
  CHECK(found >= 180);
  CHECK(2 * found - covered <= slack(2 * static_cast<uint64_t>(found)));
}

TEST_CASE("Steps of the times widen the interval of a crossover, which still covers it") {
  int found = 0, covered = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    // As with tiles: B's time of each size is off by up to 10 %, the same in every round.
    const auto b_s = [seed](double n) {
      Random random(seed * 1'000'003 + static_cast<uint64_t>(n));
      return power(900, -0.5)(n) * (0.95 + 0.1 * static_cast<double>(random.below(1000)) / 1000);
    };
    Machine machine(linear, b_s, 0.01, seed);
    const CrossoverFindings findings = search(machine, rules_of(256, 4096), seed).findings;
    if (findings.crossings.size() != 1) continue;
    ++found;
    const Interval& interval = findings.crossings.front().interval;
    covered += interval.low <= 900 && 900 <= interval.high;
  }
  INFO("found " << found << ", covered " << covered);
  CHECK(found >= 150);
  CHECK(found - covered <= slack(static_cast<uint64_t>(found)));
}

TEST_CASE("A search asks for the grid once, then for the middle of what it does not know") {
  const auto at = [](double x, double ratio) {
    return RatioPoint{x, std::vector<std::optional<double>>(5, ratio)};
  };
  const SearchRules rules = rules_of(64, 4096);
  const std::vector<double> grid = next_points({}, rules);
  CHECK(grid == std::vector<double>{64, 128, 256, 512, 1024, 2048, 4096});
  std::vector<RatioPoint> seen;
  for (const double x : grid) seen.push_back(at(x, x < 700 ? -0.5 : 0.5));
  CHECK(next_points(seen, rules) == std::vector<double>{724});
  REQUIRE(brackets(seen).size() == 1);
  CHECK(brackets(seen)[0].low == 512);
  CHECK(brackets(seen)[0].high == 1024);
  CHECK(brackets(seen)[0].a_faster_below);
  seen.push_back({724, {}});  // It could not be timed.
  CHECK(next_points(seen, rules).empty());
  const std::vector<double> fresh = plan_final(seen, rules).points;
  CHECK_FALSE(fresh.empty());
  CHECK(std::ranges::find(fresh, 724) == fresh.end());
  seen.back() = at(724, 0.5);
  CHECK(next_points(seen, rules) == std::vector<double>{609});
}

TEST_CASE("A window of few values takes in their neighbours, in whatever order the points come") {
  const auto at = [](double x, double ratio) {
    return RatioPoint{x, std::vector<std::optional<double>>(5, ratio)};
  };
  std::vector<RatioPoint> seen{at(4, 0.3), at(1, -0.9), at(3, -0.1), at(16, 1.5), at(2, -0.4)};
  CHECK(next_points(seen, rules_of(1, 16)).empty());
  const FinalPlan plan = plan_final(seen, rules_of(1, 16));
  REQUIRE(plan.windows.size() == 1);
  CHECK(plan.points == std::vector<double>{2, 3, 4, 5, 6});
  CHECK(plan.rounds == 9);
}

TEST_CASE("Values that cannot be measured are never asked for") {
  SearchRules rules = rules_of(4, 64);
  rules.nearest = [](double x, double low, double high) -> std::optional<double> {
    const double nearest =
        12 * std::clamp(std::round(x / 12), std::ceil(low / 12), std::floor(high / 12));
    return nearest < low || nearest > high ? std::nullopt : std::optional(nearest);
  };
  Machine machine(linear, power(30, 3), 0.01, 1);
  const Outcome o = search(machine, rules, 1);
  for (const double x : o.plan.points) CHECK(std::fmod(x, 12) == 0);
  REQUIRE(o.findings.crossings.size() == 1);
  CHECK(o.findings.crossings[0].interval.low < 30);
  CHECK(o.findings.crossings[0].interval.high > 30);
}

TEST_CASE("A jump, which no line fits, is found between two points") {
  int found = 0, covered = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Machine machine(
        linear, [](double n) { return linear(n) * (n < 777 ? 0.1 : 5); }, 0.03, seed);
    const CrossoverFindings findings = search(machine, rules_of(64, 4096), seed).findings;
    if (findings.crossings.size() != 1) continue;
    const Crossing& c = findings.crossings.front();
    ++found;
    covered += !c.a_faster_below && c.interval.low <= 777 && 776 <= c.interval.high;
  }
  INFO("found " << found << ", covered " << covered);
  CHECK(found >= 190);
  CHECK(found - covered <= slack(static_cast<uint64_t>(found)));
}

TEST_CASE("Fewer than six whole rounds confirm no crossover") {
  FinalPlan plan{{{{100, 200, 400}, true}}, {100, 200, 400}, 9};
  std::vector<RatioPoint> fresh;
  for (const double x : plan.points)
    fresh.push_back({x, std::vector<std::optional<double>>(9, std::log(x / 200))});
  CrossoverFindings findings = judge_crossovers(fresh, plan, 1);
  REQUIRE(findings.crossings.size() == 1);
  CHECK(findings.crossings[0].x == Approx(200));
  CHECK(findings.rounds == 9);
  for (RatioPoint& point : fresh)
    for (size_t r = 0; r < 4; ++r) point.log_ratios[r].reset();
  findings = judge_crossovers(fresh, plan, 1);
  CHECK(findings.crossings.empty());
  CHECK(findings.rounds == 5);
  REQUIRE(findings.unconfirmed.size() == 1);
  CHECK(findings.unconfirmed[0].low == 100);
  CHECK(findings.unconfirmed[0].high == 400);
}

}  // namespace
}  // namespace attnbench::analyze
