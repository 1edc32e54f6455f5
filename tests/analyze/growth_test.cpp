// Fits on exact and on noisy synthetic data of known growth.
#include "analyze/growth.h"

#include "analyze/synthetic.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

const std::vector<int64_t> kSizes{256, 512, 1024, 2048, 4096, 8192};

double square(double n) {
  return 3e-9 * n * n;
}
double n_log_n(double n) {
  return 1e-8 * n * std::log(n);
}

bool contains(const Interval& interval, double value) {
  return interval.low - 1e-9 <= value && value <= interval.high + 1e-9;
}

std::vector<std::string> best_laws(const Fit& fit) {
  std::vector<std::string> names;
  for (size_t i = 0; i < fit.indistinguishable; ++i)
    names.push_back(record::growth_name(fit.laws[i].law));
  return names;
}

TEST_CASE("Exactly quadratic times have slope 2, a tight interval and the law n^2 alone") {
  const Synthetic data(kSizes, square);
  const auto fit = fit_growth(data.sizes(), 1);
  REQUIRE(fit);
  CHECK(fit->slope == Approx(2));
  CHECK(fit->scale == Approx(3e-9));
  CHECK(contains(fit->interval, 2));
  CHECK(fit->interval.high - fit->interval.low < 1e-6);
  CHECK(best_laws(*fit) == std::vector<std::string>{"n^2"});
  CHECK(fit->laws.front().scale == Approx(3e-9));
  REQUIRE(fit->local_slopes.size() == 5);
  CHECK(fit->local_slopes[2].from == 1024);
  CHECK(fit->local_slopes[2].to == 2048);
  CHECK(fit->local_slopes[2].slope == Approx(2));
}

TEST_CASE("The interval covers the true slope of noisy data") {
  const double size_noise = GENERATE(0.0, 0.03);
  int covered = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Synthetic data(kSizes, square, 0.05, seed, 9, size_noise);
    covered += contains(fit_growth(data.sizes(), seed)->interval, 2);
  }
  CAPTURE(size_noise);
  CHECK(covered >= 176);
}

TEST_CASE("A curve widens the interval of the slope, even if its samples are exact") {
  const Synthetic line(kSizes, square);
  const Synthetic curve(kSizes, [](double n) { return square(n) * (1 + 300 / n); });
  const Interval straight = fit_growth(line.sizes(), 1)->interval;
  const Interval bent = fit_growth(curve.sizes(), 1)->interval;
  CHECK(bent.high - bent.low > straight.high - straight.low + 0.02);
}

TEST_CASE("A wide range tells n log n from n and n^2") {
  const Synthetic data({256, 1024, 4096, 16384, 65536, 262144}, n_log_n, 0.01, 3);
  CHECK(best_laws(*fit_growth(data.sizes(), 1)) == std::vector<std::string>{"n^1 log n"});
}

TEST_CASE("A narrow range leaves n log n indistinguishable from its neighbours") {
  const Synthetic data({1000, 1050, 1100, 1150, 1200}, n_log_n, 0.05, 3);
  const std::vector<std::string> names = best_laws(*fit_growth(data.sizes(), 1));
  CHECK(std::find(names.begin(), names.end(), "n^1 log n") != names.end());
  CHECK(std::find(names.begin(), names.end(), "n^1") != names.end());
}

TEST_CASE("Two sizes have no fit, four have a slope and no law") {
  const Synthetic two({256, 512}, square);
  CHECK_FALSE(fit_growth(two.sizes(), 1));
  const Synthetic four({256, 512, 1024, 2048}, square);
  const auto fit = fit_growth(four.sizes(), 1);
  REQUIRE(fit);
  CHECK(fit->slope == Approx(2));
  CHECK(fit->laws.empty());
}

TEST_CASE("Equal values at every size have slope 0") {
  std::vector<SizeValue> sizes;
  for (const int64_t n : kSizes) sizes.push_back({n, 4096.7, {}});
  const auto fit = fit_growth(sizes, 1);
  REQUIRE(fit);
  CHECK(fit->slope == 0);
  CHECK(fit->interval.low == 0);
  CHECK(fit->interval.high == 0);
  CHECK(best_laws(*fit) == std::vector<std::string>{"n^0"});
  CHECK_FALSE(fit->local_slopes.front().interval);
}

TEST_CASE("The same data and seed give the same interval") {
  const Synthetic data(kSizes, square, 0.1, 7);
  const Interval a = fit_growth(data.sizes(), 5)->interval;
  const Interval b = fit_growth(data.sizes(), 5)->interval;
  const Interval c = fit_growth(data.sizes(), 6)->interval;
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.low != c.low);
}

TEST_CASE("The expected slope of a law with a logarithm depends on the sizes") {
  CHECK(expected_slope({2, 0}, kSizes) == Approx(2));
  CHECK(expected_slope({0, 0}, kSizes) == Approx(0).margin(1e-12));
  const double near = expected_slope({1, 1}, std::vector<int64_t>{16, 32, 64});
  const double far = expected_slope({1, 1}, std::vector<int64_t>{16384, 32768, 65536});
  CHECK(near > far);
  CHECK(far > 1);
  const Synthetic data(kSizes, n_log_n);
  CHECK(fit_growth(data.sizes(), 1)->slope == Approx(expected_slope({1, 1}, kSizes)));
}

}  // namespace
}  // namespace attnbench::analyze
