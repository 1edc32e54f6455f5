// Mann and Whitney's p-values against counting by hand, and Holm's correction.
#include "analyze/rank_test.h"

#include <cmath>

#include "catch.h"
#include "synthetic.h"

namespace attnbench::analyze {
namespace {

using Values = std::vector<double>;

/// The p-value by trying every division of the joint sample in two, and counting for each the pairs
/// in which a is larger than b.
double p_by_brute_force(const Values& a, const Values& b) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  const auto away = [&](uint32_t chosen) {
    double u = 0;
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t j = 0; j < all.size(); ++j)
        if ((chosen >> i & 1) == 1 && (chosen >> j & 1) == 0)
          u += all[i] > all[j] ? 1 : all[i] == all[j] ? 0.5 : 0;
    return std::abs(u - 0.5 * static_cast<double>(a.size() * b.size()));
  };
  const double seen = away((1u << a.size()) - 1);
  int as_far = 0, divisions = 0;
  for (uint32_t chosen = 0; chosen < 1u << all.size(); ++chosen) {
    if (static_cast<size_t>(__builtin_popcount(chosen)) != a.size()) continue;
    ++divisions;
    as_far += away(chosen) >= seen;
  }
  return static_cast<double>(as_far) / divisions;
}

TEST_CASE("Exact p-values equal those from counting all divisions, with and without ties") {
  Random random(5);
  for (int trial = 0; trial < 40; ++trial) {
    Values a, b;
    const auto draw = [&](double shift) {
      return trial % 2 == 0 ? static_cast<double>(random.below(4)) : normal(random) + shift;
    };
    for (int i = 0; i < 3 + trial % 3; ++i) a.push_back(draw(0));
    for (int i = 0; i < 5; ++i) b.push_back(draw(1));
    CAPTURE(trial);
    CHECK(mann_whitney_p(a, b) == Approx(p_by_brute_force(a, b)));
    CHECK(mann_whitney_p(a, b) == Approx(mann_whitney_p(b, a)));
  }
}

TEST_CASE("Samples that do not overlap have the smallest p-value there is") {
  const Values a{1, 2, 3, 4, 5, 6, 7, 8, 9}, b{11, 12, 13, 14, 15, 16, 17, 18, 19};
  CHECK(mann_whitney_p(a, b) == Approx(2.0 / 48620));
  CHECK(smallest_p(9, 9) == Approx(2.0 / 48620));
  CHECK(smallest_p(1, 1) == 1);
}

TEST_CASE("Equal samples have a p-value of 1") {
  CHECK(mann_whitney_p(Values(9, 2.5), Values(9, 2.5)) == 1);
  CHECK(mann_whitney_p(Values(90, 2.5), Values(90, 2.5)) == 1);
}

TEST_CASE("Large samples have the p-values of SciPy's normal approximation") {
  Values a, b, tied_a, tied_b;
  for (int i = 0; i < 40; ++i) {
    a.push_back(2 * i);
    b.push_back(9 + 2 * i);
    tied_a.push_back(i / 3);
    tied_b.push_back(i / 3 + 2);
  }
  CHECK(mann_whitney_p(a, b) == Approx(0.102887257762));
  CHECK(mann_whitney_p(tied_a, tied_b) == Approx(0.0334332869639));
}

TEST_CASE("Holm multiplies ascending p-values by n, n - 1, ... and never lets one decrease") {
  const std::vector<double> adjusted = holm_adjusted(Values{0.01, 0.04, 0.03, 0.005, 0.9});
  const Values expected{0.04, 0.09, 0.09, 0.025, 0.9};
  for (size_t i = 0; i < expected.size(); ++i) CHECK(adjusted[i] == Approx(expected[i]));
  CHECK(holm_adjusted({}).empty());
}

}  // namespace
}  // namespace attnbench::analyze
