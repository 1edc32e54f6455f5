// From which length on a run shows one series to be faster than another.
#include <catch2/catch.hpp>
#include <cmath>

#include "claims_on_runs.h"

namespace attnbench::study {
namespace {

TEST_CASE("A crossover is the length from which on a series is faster") {
  // 1e-9 n^2 and 1e-6 n are equal at n = 1000.
  const Evidence e =
      found(claim(Measure::kCrossover, "time", pick("window"), pick("full")), full_and_window());
  CHECK(*e.value == Approx(1000).epsilon(0.01));
  REQUIRE(e.interval);
  CHECK(e.interval->low > 950);
  CHECK(e.interval->high < 1050);
  CHECK(e.words.starts_with("from n = 1000 ["));
  CHECK(e.where == "over n = 256 to 4096");
}

TEST_CASE("A crossover outside the lengths is known to lie beyond them") {
  const MadeUp run = full_and_window();
  const Evidence never =
      found(claim(Measure::kCrossover, "time", pick("full"), pick("window")), run);
  CHECK(std::isinf(*never.value));
  CHECK(never.interval->low == 4096);
  CHECK(std::isinf(never.interval->high));
  CHECK(never.words == "at no length up to n = 4096");
  const MadeUp fast = MadeUp().add("full", kLengths, squared).add("quick", kLengths, [](double n) {
    return squared(n) / 3;
  });
  const Evidence always =
      found(claim(Measure::kCrossover, "time", pick("quick"), pick("full")), fast);
  CHECK(*always.value == 0);
  CHECK(always.interval->low == 0);
  CHECK(always.interval->high == 256);
  CHECK(always.words == "at every length from n = 256");
}

TEST_CASE("If the two cannot be told apart at the largest length, neither can the crossover") {
  const MadeUp run = MadeUp().add("full", kLengths, squared).add("twin", kLengths, [](double n) {
    return squared(n) * 1.0001;
  });
  for (const auto& [of, over] : {std::pair{"full", "twin"}, {"twin", "full"}}) {
    const Evidence e = found(claim(Measure::kCrossover, "time", pick(of), pick(over)), run);
    REQUIRE(e.interval);
    CHECK(std::isinf(e.interval->high));
    CHECK(e.interval->low < 4096);
  }
}

TEST_CASE("A crossover says how often the two trade places") {
  const MadeUp run = MadeUp().add("full", kLengths, squared).add("wild", kLengths, [](double n) {
    return squared(n) * (n == 256 || n == 1024 ? 0.5 : 2);
  });
  CHECK(found(claim(Measure::kCrossover, "time", pick("full"), pick("wild")), run).where ==
        "over n = 256 to 4096, in which they trade places 3 times");
}

TEST_CASE("A crossover needs times of both at two lengths, and says what is missing") {
  const Claim c = claim(Measure::kCrossover, "time", pick("full"), pick("window"));
  const MadeUp one = MadeUp().add("full", {256, 512}, squared).add("window", {512, 1024}, linear);
  CHECK(found(c, one).reason == "only one length has a time of both");
  const MadeUp none = MadeUp().add("full", {256}, squared).add("window", {1024}, linear);
  CHECK(found(c, none).reason == "no length has a time of both");
  MadeUp skipped = full_and_window();
  for (int i = 5; i < 10; ++i) skip(skipped.run.cases[i], "it needs causal");
  CHECK(found(c, skipped).reason == "at n = 4096: skipped: it needs causal");
}

}  // namespace
}  // namespace attnbench::study
