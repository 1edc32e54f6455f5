// Tests of sums of rows: their bounds, worked out by hand.
#include "measure/gradient_sum.h"

#include <cmath>
#include <vector>

#include "catch.h"
#include "measure/oracle.h"

namespace attnbench::measure {
namespace {

constexpr float kRow[] = {1, -2};
constexpr float kExact[] = {3, 3, 3}, kStrayed[] = {3, 3.003f, 3};
constexpr Coefficient kThree{3, 1e-3, 4, 0};

RowTruth truth_of(const float* by_runs, bool holds) {
  GradientSum sum(2);
  sum.add(kThree, kRow, by_runs, holds);
  return sum.truth(0.5, 1);
}

TEST_CASE("A sum of one row is bound by 8 spreads and some units in the last place") {
  const RowTruth truth = truth_of(kExact, true);
  CHECK(truth.out == std::vector<double>{1.5, -3});
  // Squares: of the coefficient 4, of the partial sum 9, and twice that of the product.
  const double bound = 0.5 * kRounding * (8 * std::sqrt(4.0 + 9 + 18) + 16 * 3 + 2 * 3);
  CHECK(truth.bound[0] == Approx(bound));
  CHECK(truth.bound[1] == Approx(2 * bound));
}

TEST_CASE("A float loop that strays widens the bound, up to the most that rounding can do") {
  const double most = 0.5 * (1e-3 + kBoundFactor * kRounding * 5 * 3);
  CHECK(truth_of(kStrayed, true).bound[0] == Approx(most));
  CHECK(truth_of(kExact, true).bound[0] < most / 100);
}

TEST_CASE("If spreads mean nothing, only the most that rounding can do is a bound") {
  const double most = 0.5 * (1e-3 + kBoundFactor * kRounding * 5 * 3);
  CHECK(truth_of(kExact, false).bound[0] == Approx(most));
}

TEST_CASE("A sum of nothing is exactly zero") {
  const RowTruth truth = GradientSum(2).truth(0.5, 10);
  CHECK(truth.out == std::vector<double>{0, 0});
  CHECK(truth.bound == std::vector<double>{0, 0});
}

}  // namespace
}  // namespace attnbench::measure
