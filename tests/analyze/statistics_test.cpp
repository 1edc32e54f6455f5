// Quantiles, rank intervals and Tukey labels against values worked out by hand or tabulated.
#include "analyze/statistics.h"

#include "catch.h"

namespace attnbench::analyze {
namespace {

TEST_CASE("Quantiles interpolate as R and NumPy do by default") {
  const std::vector<double> samples{1, 2, 4, 8};
  CHECK(quantile(samples, 0) == 1);
  CHECK(quantile(samples, 0.25) == Approx(1.75));
  CHECK(quantile(samples, 0.5) == Approx(3));
  CHECK(quantile(samples, 0.75) == Approx(5));
  CHECK(quantile(samples, 1) == 8);
}

TEST_CASE("The ranks of the median's interval are the tabulated ones") {
  struct Row {
    size_t samples;
    int low, high;
    double coverage;
  };
  for (const Row& row :
       {Row{6, 1, 6, 0.96875}, Row{9, 2, 8, 0.9609375}, Row{10, 2, 9, 0.978516},
        Row{15, 4, 12, 0.964844}, Row{20, 6, 15, 0.958611}, Row{50, 18, 33, 0.967160}}) {
    CAPTURE(row.samples);
    const auto ranks = median_ranks(row.samples);
    REQUIRE(ranks);
    CHECK(ranks->low == row.low);
    CHECK(ranks->high == row.high);
    CHECK(ranks->coverage == Approx(row.coverage).margin(1e-6));
  }
}

TEST_CASE("Thousands of samples still have ranks") {
  const auto ranks = median_ranks(5000);
  REQUIRE(ranks);
  CHECK(ranks->low > 2400);
  CHECK(ranks->low < 2500);
  CHECK(ranks->coverage == Approx(0.95).margin(0.003));
}

TEST_CASE("Fewer than six samples have a range and no interval") {
  for (const size_t n : {0u, 1u, 5u}) CHECK_FALSE(median_ranks(n));
  const Summary s = summarize(std::vector<double>{3, 1, 2});
  CHECK(s.median == 2);
  CHECK(s.min == 1);
  CHECK(s.max == 3);
  CHECK_FALSE(s.interval);
  CHECK(s.coverage == 0);
}

TEST_CASE("A single sample is its own median") {
  const Summary s = summarize(std::vector<double>{0.25});
  CHECK(s.median == 0.25);
  CHECK(s.spread == 0);
}

TEST_CASE("The interval of the median is made of samples") {
  const Summary s = summarize(std::vector<double>{9, 8, 7, 6, 5, 4, 3, 2, 1});
  REQUIRE(s.interval);
  CHECK(s.interval->low == 2);
  CHECK(s.interval->high == 8);
  CHECK(s.spread == Approx((7.0 - 3.0) / 5.0));
}

TEST_CASE("Equal samples have no spread and no outliers") {
  const std::vector<double> samples(9, 0.1);
  const Summary s = summarize(samples);
  CHECK(s.median == 0.1);
  CHECK(s.spread == 0);
  REQUIRE(s.interval);
  CHECK(s.interval->low == 0.1);
  CHECK(s.interval->high == 0.1);
  for (const Outlier o : label_outliers(samples)) CHECK(o == Outlier::kNo);
}

TEST_CASE("Tukey's fences label samples in the order measured") {
  // For any x above 7 the quartiles are 4 and 7, and the fences 11.5 and 16.
  const auto label = [](double x) {
    return label_outliers(std::vector<double>{2, 3, 4, 5, 6, 7, 8, x, 5})[7];
  };
  CHECK(label(11.4) == Outlier::kNo);
  CHECK(label(11.6) == Outlier::kMild);
  CHECK(label(15.9) == Outlier::kMild);
  CHECK(label(16.1) == Outlier::kExtreme);
  // For any x below 3 the quartiles are 3 and 6, and the fences -1.5 and -6.
  CHECK(label(-1.4) == Outlier::kNo);
  CHECK(label(-1.6) == Outlier::kMild);
  CHECK(label(-6.1) == Outlier::kExtreme);
  CHECK(label_outliers({}).empty());
}

}  // namespace
}  // namespace attnbench::analyze
