// Crossovers of synthetic series that change order at a known length.
#include "analyze/crossovers.h"

#include "analyze/synthetic.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

const std::vector<int64_t> kSizes{256, 512, 1024, 2048, 4096};

double linear(double n) {
  return 1e-6 * n;
}
/// Meets `linear` at n = 800.
double square(double n) {
  return 1e-6 * n * n / 800;
}

std::vector<SizePair> pairs_of(const Synthetic& a, const Synthetic& b) {
  std::vector<SizePair> pairs;
  for (size_t i = 0; i < a.seq_lens.size(); ++i)
    pairs.push_back({a.seq_lens[i], quantile(a.samples[i], 0.5), quantile(b.samples[i], 0.5),
                     a.draws[i], b.draws[i]});
  return pairs;
}

TEST_CASE("Power laws cross where they meet, whichever comes first") {
  const Synthetic a(kSizes, linear), b(kSizes, square);
  for (const bool swapped : {false, true}) {
    const Crossover c =
        swapped ? find_crossover(pairs_of(b, a), 1, 0) : find_crossover(pairs_of(a, b), 0, 1);
    CHECK(c.faster == 0);
    CHECK(c.slower == 1);
    CHECK(c.seq_len == Approx(800));
    CHECK(c.sign_changes == 1);
    CHECK(c.smallest == 256);
    CHECK(c.largest == 4096);
    CHECK(c.ratio_at_largest == Approx(4096.0 / 800));
    REQUIRE(c.interval);
    CHECK(c.interval->low == Approx(800));
    CHECK(c.interval->high == Approx(800));
    CHECK_FALSE(too_close_to_call(c));
  }
}

TEST_CASE("The interval of a noisy crossover holds the true one most of the time") {
  int covered = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const Synthetic a(kSizes, linear, 0.1, seed), b(kSizes, square, 0.1, seed + 1000);
    const Crossover c = find_crossover(pairs_of(a, b), 0, 1);
    REQUIRE(c.interval);
    CHECK(c.interval->low < c.interval->high);
    covered += c.interval->low <= 800 && 800 <= c.interval->high;
  }
  CHECK(covered >= 88);
}

TEST_CASE("A series that is faster at every size crosses nowhere") {
  const Synthetic a(kSizes, linear), b(kSizes, [](double n) { return 2 * linear(n); });
  const Crossover c = find_crossover(pairs_of(b, a), 0, 1);
  CHECK(c.faster == 1);
  CHECK(c.seq_len == 0);
  CHECK(c.sign_changes == 0);
  REQUIRE(c.interval);
  CHECK(c.interval->high == 0);
  CHECK(c.ratio_at_largest == Approx(2));
}

TEST_CASE("Equal series are too close to call") {
  const Synthetic a(kSizes, linear, 0.05, 1), b(kSizes, linear, 0.05, 2);
  CHECK(too_close_to_call(find_crossover(pairs_of(a, b), 0, 1)));
  const Synthetic exact(kSizes, linear);
  CHECK(too_close_to_call(find_crossover(pairs_of(exact, exact), 0, 1)));
}

TEST_CASE("Series that trade places twice say so and name the last time") {
  const Synthetic a(kSizes, linear);
  const Synthetic b(kSizes, [](double n) {
    return linear(n) * (n < 400 ? 2 : n < 3000 ? 0.5 : 2);
  });
  const Crossover c = find_crossover(pairs_of(a, b), 0, 1);
  CHECK(c.faster == 0);
  CHECK(c.sign_changes == 2);
  CHECK(c.seq_len == Approx(std::sqrt(2048.0 * 4096.0)));
}

TEST_CASE("Without samples there is a crossover and no interval") {
  const Synthetic a(kSizes, linear), b(kSizes, square);
  std::vector<SizePair> pairs = pairs_of(a, b);
  pairs[2].b_draws = {};
  const Crossover c = find_crossover(pairs, 0, 1);
  CHECK(c.seq_len == Approx(800));
  CHECK_FALSE(c.interval);
}

}  // namespace
}  // namespace attnbench::analyze
