// Comparisons of runs that drift apart, on simulated samples: false alarms, planted slowdowns, and
// how often an interval covers the truth.
#include <cmath>
#include <vector>

#include "analyze/compare.h"
#include "analyze/noise_floor.h"
#include "analyze/student_t.h"
#include "catch.h"
#include "made_up_run.h"

namespace attnbench::analyze {
namespace {

using record::Run;

constexpr int kSeeds = 200;

/// The fewest of so many seeds that a share gives by chance: three standard deviations below it.
int fewest_by_chance(double share, int seeds) {
  return static_cast<int>(std::ceil(seeds * share - 3 * std::sqrt(seeds * share * (1 - share))));
}

/// How far runs of one program lie apart: the run as a whole, and each case by itself.
struct Shaken {
  double whole = 0.02;
  double single = 0.01;
};

/// One run of a program. Its log-normal samples have a scatter of 2 % and one outlier in twelve; no
/// sample shows how the run drifted.
Run run_of(uint64_t seed, const Shaken& drift, double slower = 1, int cases = 6, int rounds = 9) {
  Run run = make_run(cases, seed, rounds);
  Random random(seed + 1'000'003);
  const double whole = std::exp(drift.whole * normal(random));
  for (record::CaseRecord& c : run.cases)
    slow_down(c, slower * whole * std::exp(drift.single * normal(random)));
  return run;
}

std::vector<Run> side_of(int runs, uint64_t seed, const Shaken& drift, double slower = 1) {
  std::vector<Run> side;
  for (int i = 0; i < runs; ++i)
    side.push_back(run_of(1000 * seed + static_cast<uint64_t>(i), drift, slower));
  return side;
}

bool finds(const Comparison& c, Difference verdict) {
  return c.count(verdict) > 0 || std::any_of(c.pools.begin(), c.pools.end(), [&](const Pool& pool) {
           return pool.verdict == verdict;
         });
}

bool alarms(const Comparison& c) {
  return finds(c, Difference::kSlower) || finds(c, Difference::kFaster);
}

bool covers(const Ratio& ratio, double truth) {
  return ratio.interval->low <= truth && truth <= ratio.interval->high;
}

/// What kSeeds comparisons of one setup came to.
struct Tally {
  int alarms = 0;
  int found = 0;    ///< Comparisons that call NEW slower.
  int covered = 0;  ///< The interval of the first case covers the truth.
  int pool_covered = 0;

  void add(const Comparison& c, double truth) {
    alarms += analyze::alarms(c);
    found += finds(c, Difference::kSlower);
    covered += covers(*c.cases.front().ratio, truth);
    pool_covered += covers(c.pools.front().ratio, truth);
  }
};

void check_coverage(const Tally& t, int seeds = kSeeds) {
  CHECK(t.covered >= fewest_by_chance(kConfidence, seeds));
  CHECK(t.pool_covered >= fewest_by_chance(kConfidence, seeds));
}

/// Several runs a side: `few` of BASE, `more` of NEW.
Tally several(int few, int more, const Shaken& drift, double slower, int seeds = kSeeds) {
  Tally t;
  for (uint64_t i = 0; i < static_cast<uint64_t>(seeds); ++i) {
    const std::vector<Run> base = side_of(few, 2 * i, drift);
    const std::vector<Run> fresh = side_of(more, 2 * i + 1, drift, slower);
    t.add(compare(base, fresh, {}), slower);
  }
  return t;
}

TEST_CASE("Runs of one program that drift apart alarm in one comparison of twenty at most") {
  for (const auto& [base, fresh] : {std::pair{3, 3}, {5, 1}, {2, 2}, {2, 6}}) {
    CAPTURE(base, fresh);
    // Many, because about 4 % alarm, and 5 % is the limit.
    constexpr int kMany = 1000;
    const Tally t = several(base, fresh, {}, 1, kMany);
    CHECK(t.alarms <= kMany * kFalseAlarms);
    check_coverage(t, kMany);
  }
}

TEST_CASE("Six runs a side find a slowdown of 3 % that runs drift apart by a third of") {
  const Tally t = several(6, 6, {0.01, 0.005}, 1.03);
  CHECK(t.found >= kSeeds * 0.9);
  check_coverage(t);
}

/// Two runs of one sweep: every round of either meets the same machine, which drifts from round to
/// round.
Tally interleaved(double slower) {
  Tally t;
  for (uint64_t i = 0; i < kSeeds; ++i) {
    const auto one = [&](uint64_t seed, double factor) {
      Run run = make_run(15, seed);
      Random machine(5'000'000 + i);
      std::vector<double> level;
      for (int round = 0; round < 9; ++round) level.push_back(std::exp(0.02 * normal(machine)));
      for (record::CaseRecord& c : run.cases)
        for (record::Sample& s : c.samples)
          s.time_s *= factor * level[static_cast<size_t>(s.round)];
      return run;
    };
    t.add(compare(one(2 * i, 1), one(2 * i + 1, slower), {.interleaved = true}), slower);
  }
  return t;
}

TEST_CASE("Interleaved runs of one program alarm in one comparison of twenty at most") {
  const Tally t = interleaved(1);
  CHECK(t.alarms <= kSeeds * kFalseAlarms);
  check_coverage(t);
}

TEST_CASE("Interleaved runs find a slowdown of 3 %") {
  const Tally t = interleaved(1.03);
  CHECK(t.found >= kSeeds * 0.9);
  check_coverage(t);
}

/// An A/A run for `noise`: each case under two labels.
Run twice(const Run& run, uint64_t seed) {
  Run both = run;
  Random random(seed);
  for (record::CaseRecord c : run.cases) {
    c.plan.label = "B";
    for (record::Sample& s : c.samples) s.time_s *= std::exp(0.01 * normal(random));
    both.cases.push_back(c);
  }
  return both;
}

TEST_CASE("A pair of runs allows for the drift that `noise` measured") {
  Tally t;
  for (uint64_t i = 0; i < kSeeds; ++i) {
    std::vector<Run> quiet;
    for (uint64_t r = 0; r < 5; ++r)
      quiet.push_back(twice(run_of(900'000 + 10 * i + r, {}, 1, 4), 10 * i + r));
    const record::NoiseFloor floor = noise_floor(quiet);
    REQUIRE(floor.runs == 5);
    const Drift drift{*floor.drift_sd, 5};
    t.add(compare(run_of(2 * i, {}), run_of(2 * i + 1, {}),
                  {.noise_floor = floor.floor, .drift = drift}),
          1);
  }
  CHECK(t.alarms <= kSeeds * kFalseAlarms);
  check_coverage(t);
}

TEST_CASE("A pair of runs whose drift nobody measured allows for a drift of 1.10") {
  Tally t, slow;
  for (uint64_t i = 0; i < kSeeds; ++i) {
    const Run base = run_of(2 * i, {0.03, 0.01});
    t.add(compare(base, run_of(2 * i + 1, {0.03, 0.01}), {}), 1);
    slow.add(compare(base, run_of(2 * i + 1, {0.03, 0.01}, 1.5), {}), 1.5);
  }
  CHECK(t.alarms <= kSeeds * kFalseAlarms);
  check_coverage(t);
  CHECK(slow.found >= kSeeds * 0.9);
}

TEST_CASE("The drift of runs is the scatter of their medians, of the case that scatters most") {
  std::vector<Run> runs;
  for (const double level : {0.98, 1.0, 1.03}) {
    Run run = twice(make_run(2, 7), 7);
    for (size_t i : {1, 3}) slow_down(run.cases[i], level);
    runs.push_back(run);
  }
  const record::NoiseFloor floor = noise_floor(runs);
  const double mean = (std::log(0.98) + std::log(1.03)) / 3;
  const double squares =
      std::pow(std::log(0.98) - mean, 2) + mean * mean + std::pow(std::log(1.03) - mean, 2);
  CHECK(*floor.drift_sd == Approx(std::sqrt(squares / 2)));
  CHECK(*floor.runs == 3);
  CHECK_FALSE(noise_floor(std::span(runs).first(1)).drift_sd);
  CHECK(drift_ratio(drift_of_ratio(1.1, 5)) == Approx(1.1));
}

TEST_CASE("Student's t agrees with its tables") {
  CHECK(student_t(0.05, 1) == Approx(12.7062).epsilon(1e-5));
  CHECK(student_t(0.05, 2) == Approx(4.30265).epsilon(1e-5));
  CHECK(student_t(0.05, 4) == Approx(2.77645).epsilon(1e-5));
  CHECK(student_t(0.01, 9) == Approx(3.24984).epsilon(1e-5));
  CHECK(student_t(0.001, 30) == Approx(3.64596).epsilon(1e-5));
  CHECK(student_t(0.05, 1000) == Approx(1.96234).epsilon(1e-5));
  CHECK(student_p(0, 5) == Approx(1));
  CHECK(student_p(-2.77645, 4) == Approx(0.05).epsilon(1e-4));
}

}  // namespace
}  // namespace attnbench::analyze
