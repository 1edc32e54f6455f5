// Pools on made-up samples: slowdowns that are everywhere, drift between runs, and equals.
#include "analyze/pool.h"

#include <cmath>

#include "analyze/compare.h"
#include "catch.h"
#include "made_up_run.h"

namespace attnbench::analyze {
namespace {

constexpr const char* kVariants[] = {"blocked", "full", "window"};

/// Cases of three variants in turn.
record::Run mixed_run(int cases, uint64_t seed, int rounds) {
  record::Run run = make_run(cases, seed, rounds);
  for (size_t i = 0; i < run.cases.size(); ++i) run.cases[i].plan.variant = kVariants[i % 3];
  return run;
}

void slow_down_all(record::Run& run, double factor) {
  for (record::CaseRecord& c : run.cases) slow_down(c, factor);
}

/// Drift that no sample within a run shows: the whole run is off by 1.6 % and each case by 2 %
/// more, as in six runs of one program minutes apart; one case in fifteen is off by a quarter, as
/// was seen once.
void drift(record::Run& run, uint64_t seed) {
  Random random(seed);
  const double whole = std::exp(0.016 * normal(random));
  for (record::CaseRecord& c : run.cases) {
    const double jump = random.below(15) == 0 ? 1.25 : 1;
    slow_down(c, whole * jump * std::exp(0.02 * normal(random)));
  }
}

/// Makes all cases of a round slower or faster than those of other rounds.
void shake_rounds(record::Run& run, double scatter, uint64_t seed) {
  Random random(seed);
  for (int round = 0; round < run.cases[0].samples.back().round + 1; ++round) {
    const double factor = std::exp(scatter * normal(random));
    for (record::CaseRecord& c : run.cases) c.samples[static_cast<size_t>(round)].time_s *= factor;
  }
}

int count_pools(const Comparison& c, Difference verdict) {
  int count = 0;
  for (const Pool& pool : c.pools) count += pool.verdict == verdict;
  return count;
}

TEST_CASE("A slowdown everywhere is found at six rounds, though no single case can be") {
  for (uint64_t i = 0; i < 100; ++i) {
    CAPTURE(i);
    record::Run base = mixed_run(30, 2 * i, 6), fresh = mixed_run(30, 2 * i + 1, 6);
    drift(base, 9000 + i);
    drift(fresh, 7000 + i);
    slow_down_all(fresh, 1.6);
    const Comparison c = compare(base, fresh, {});
    CHECK(c.count(Difference::kSlower) == 0);
    REQUIRE(c.pools.size() == 4);
    CHECK(c.pools[0].variant.empty());
    CHECK(c.pools[0].cases == 30);
    CHECK(c.pools[0].verdict == Difference::kSlower);
    CHECK(c.pools[0].ratio.value == Approx(1.6).epsilon(0.15));
    CHECK(c.regressions() == 0);
    CHECK(c.regressed());
    CHECK_FALSE(compare(fresh, base, {}).regressed());
  }
}

TEST_CASE("A slowdown everywhere is found among more cases than any correction leaves power for") {
  for (uint64_t i = 0; i < 3; ++i) {
    record::Run fresh = mixed_run(1500, 2 * i + 1, 9);
    slow_down_all(fresh, 1.6);
    const Comparison c = compare(mixed_run(1500, 2 * i, 9), fresh, {});
    CHECK(c.count(Difference::kSlower) == 0);
    CHECK(count_pools(c, Difference::kSlower) == 4);
  }
}

TEST_CASE("A slowdown of one variant is found in its pool, and only there") {
  int found = 0, wrong = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    record::Run base = mixed_run(30, 2 * i, 9), fresh = mixed_run(30, 2 * i + 1, 9);
    drift(base, 9000 + i);
    drift(fresh, 7000 + i);
    for (record::CaseRecord& c : fresh.cases)
      if (c.plan.variant == "window") slow_down(c, 1.6);
    const Comparison c = compare(base, fresh, {});
    for (const Pool& pool : c.pools)
      (pool.variant == "window" ? found : wrong) += pool.verdict == Difference::kSlower;
  }
  CHECK(found >= 95);
  CHECK(wrong <= 2);
}

TEST_CASE(
    "Of 400 pairs of runs of one program that drift apart, none in forty makes a pool alarm") {
  int alarms = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    record::Run base = mixed_run(15, 2 * i, 9), fresh = mixed_run(15, 2 * i + 1, 9);
    drift(base, 9000 + i);
    drift(fresh, 7000 + i);
    const Comparison c = compare(base, fresh, {});
    alarms += count_pools(c, Difference::kSlower) + count_pools(c, Difference::kFaster) > 0;
  }
  CHECK(alarms <= 400 * kLevel);
}

TEST_CASE("The p-value of a pool holds its level where rounds disturb all of their cases") {
  // Cases of a round rise and fall together here: a test that took them as independent would find a
  // difference nearly every time.
  constexpr int kTrials = 1000;
  int below = 0;
  for (uint64_t i = 0; i < kTrials; ++i) {
    record::Run base = make_run(12, 2 * i, 7), fresh = make_run(12, 2 * i + 1, 7);
    shake_rounds(base, 0.1, 9000 + i);
    shake_rounds(fresh, 0.1, 7000 + i);
    below += compare(base, fresh, {.interleaved = true}).pools.at(0).p < kFalseAlarms;
  }
  // The nominal share, plus or minus three standard deviations.
  CHECK(below <= kTrials * kFalseAlarms + 3 * std::sqrt(kTrials * kFalseAlarms));
  CHECK(below >= 10);
}

TEST_CASE("A pool within the noise floor is the same, between that and the drift nothing is told") {
  const record::Run base = mixed_run(30, 1, 15);
  CHECK(compare(base, mixed_run(30, 2, 15), {1.03}).pools[0].verdict == Difference::kSame);
  record::Run fresh = mixed_run(30, 2, 15);
  slow_down_all(fresh, 1.06);
  const Pool pool = compare(base, fresh, {1.03}).pools[0];
  CHECK(pool.verdict == Difference::kCannotTell);
  CHECK(pool.reason == "runs of one program may drift that far apart");
  slow_down_all(fresh, 1.5 / 1.06);
  CHECK(compare(base, fresh, {1.03}).pools[0].verdict == Difference::kSlower);
  CHECK(compare(base, fresh, {1.6}).pools[0].verdict == Difference::kSame);
  CHECK(compare(base, fresh, {1.5}).pools[0].verdict == Difference::kCannotTell);
}

TEST_CASE("Fewer than six rounds give a pool no verdict, fewer than three cases no pool") {
  record::Run fresh = mixed_run(30, 2, 5);
  slow_down_all(fresh, 10);
  const Pool pool = compare(mixed_run(30, 1, 5), fresh, {1.03}).pools[0];
  CHECK(pool.verdict == Difference::kCannotTell);
  CHECK(pool.reason == "fewer than 6 rounds on a side");
  CHECK(compare(make_run(2, 1), make_run(2, 2), {1.03}).pools.empty());
  CHECK(compare(make_run(3, 1), make_run(3, 2), {1.03}).pools.size() == 1);
}

TEST_CASE("A round that was interrupted does not stand for the cases that it lacks") {
  record::Run base = make_run(9, 1), fresh = make_run(9, 2);
  for (size_t i = 1; i < 9; ++i) fresh.cases[i].samples.pop_back();
  record::Run shorter = fresh;
  shorter.cases[0].samples.pop_back();
  fresh.cases[0].samples.back().time_s *= 1000;
  const Pool pool = compare(base, fresh, {1.03}).pools[0];
  CHECK(pool.verdict == Difference::kSame);
  CHECK(pool.p == Approx(compare(base, shorter, {1.03}).pools[0].p).epsilon(1e-3));
}

}  // namespace
}  // namespace attnbench::analyze
