// Comparisons on made-up samples: false alarms, planted slowdowns, and what is not comparable.
#include "analyze/compare.h"

#include <algorithm>
#include <functional>

#include "analyze/noise_floor.h"
#include "axis_values.h"
#include "catch.h"
#include "made_up_run.h"

namespace attnbench::analyze {
namespace {

TEST_CASE("Of 100 comparisons of equal runs, no more report a difference than is stated") {
  int alarms = 0, alarms_with_floor = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const record::Run base = make_run(30, 2 * i), fresh = make_run(30, 2 * i + 1);
    const auto different = [&](double floor) {
      const Comparison c = compare(base, fresh, {floor});
      return c.count(Difference::kSlower) + c.count(Difference::kFaster) > 0;
    };
    alarms += different(1);
    alarms_with_floor += different(kDefaultNoiseFloor);
  }
  CHECK(alarms_with_floor <= 100 * kFalseAlarms);
  CHECK(alarms <= 11);  // 5 of 100 are expected; 11 is three standard deviations more.
}

TEST_CASE("A planted slowdown of 5 % is found among thirty cases, and nothing else is") {
  int found = 0, wrong = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const record::Run base = make_run(30, 1000 + 2 * i, 15);
    record::Run fresh = make_run(30, 1001 + 2 * i, 15);
    slow_down(fresh.cases[17], 1.05);
    const Comparison c = compare(base, fresh, {});
    found += c.cases[17].verdict == Difference::kSlower;
    wrong += c.count(Difference::kFaster) + c.count(Difference::kSlower) -
             (c.cases[17].verdict == Difference::kSlower);
  }
  CHECK(found >= 75);
  CHECK(wrong <= 5);
}

TEST_CASE("A build that is 5 % slower everywhere is a regression at the default rounds") {
  int found = 0;
  for (uint64_t i = 0; i < 50; ++i) {
    record::Run fresh = make_run(30, 5001 + 2 * i);
    for (record::CaseRecord& c : fresh.cases) slow_down(c, 1.05);
    found += compare(make_run(30, 5000 + 2 * i), fresh, {}).regressions() > 0;
  }
  CHECK(found == 50);
}

TEST_CASE("A difference that clears the statistics but not the noise floor is no verdict") {
  const record::Run base = make_run(3, 1, 25);
  record::Run fresh = make_run(3, 2, 25);
  slow_down(fresh.cases[1], 1.08);
  CHECK(compare(base, fresh, {1.03}).cases[1].verdict == Difference::kSlower);
  CHECK(compare(fresh, base, {1.03}).cases[1].verdict == Difference::kFaster);
  CHECK(compare(base, fresh, {1.10}).cases[1].verdict != Difference::kSlower);
  CHECK(compare(base, fresh, {1.20}).cases[1].verdict == Difference::kSame);
}

TEST_CASE("A run is the same as itself in each case whose samples are steady enough") {
  const record::Run run = make_run(5, 1, 25);
  const Comparison c = compare(run, run, {1.05});
  CHECK(c.count(Difference::kSame) == 5);
  CHECK(c.regressions() == 0);
  CHECK(c.obstacles.empty());
  CHECK(c.cases[0].ratio->value == 1);
  CHECK(*c.cases[0].p == 1);
}

TEST_CASE("Cases are matched by what they are, not by place or label") {
  const record::Run base = make_run(4, 1);
  record::Run fresh = base;
  std::reverse(fresh.cases.begin(), fresh.cases.end());
  for (record::CaseRecord& c : fresh.cases) c.plan.label = "renamed";
  const Comparison c = compare(base, fresh, {});
  REQUIRE(c.cases.size() == 4);
  for (const CaseDifference& d : c.cases) {
    CHECK(d.base == 3 - d.fresh);
    CHECK(d.ratio->value == 1);
  }
}

TEST_CASE("Cases that differ in any part of their identity do not match") {
  const record::Run base = make_run(1, 1);
  const auto missing = [&](const std::function<void(record::Case&)>& change) {
    record::Run fresh = base;
    change(fresh.cases[0].plan);
    const Comparison c = compare(base, fresh, {});
    return c.only_base.size() == 1 && c.only_fresh.size() == 1 && c.cases.empty() &&
           c.obstacles.size() == 1 && c.obstacles[0].kind == "missing";
  };
  CHECK(missing([](record::Case& c) { c.variant = "window"; }));
  CHECK(missing([](record::Case& c) { c.params = {{"left", 1}}; }));
  for (const record::Axis& axis : record::axes()) {
    INFO(axis.name);
    CHECK(missing([&](record::Case& c) { c = test::with_other_value(axis, c); }));
  }
  CHECK_FALSE(missing([](record::Case& c) { c.id = 7; }));
}

TEST_CASE("A case that fails now is broken, one that is skipped now is missing") {
  const record::Run base = make_run(3, 1);
  record::Run fresh = base;
  fresh.cases[0].plan.outcome = record::Outcome::kInvalid;
  fresh.cases[0].plan.reason = "NaN";
  fresh.cases[1].plan.outcome = record::Outcome::kSkipped;
  const Comparison c = compare(base, fresh, {});
  REQUIRE(c.cases.size() == 2);
  CHECK(c.cases[0].verdict == Difference::kBroken);
  CHECK(c.cases[0].reason == "invalid: NaN");
  CHECK(c.regressions() == 1);
  CHECK(c.only_base == std::vector{1});
  const Comparison back = compare(fresh, base, {});
  CHECK(back.cases[0].verdict == Difference::kNotTimed);
  CHECK(back.regressions() == 0);
  CHECK(back.only_fresh == std::vector{1});
}

TEST_CASE("More memory and a larger error are regressions, beyond their slack") {
  const record::Run base = make_run(1, 1, 25);
  const auto regressed = [&](const std::function<void(record::CaseRecord&)>& change) {
    record::Run fresh = base;
    change(fresh.cases[0]);
    return compare(base, fresh, {1.2}).regressions() == 1;
  };
  CHECK(regressed([](record::CaseRecord& c) { c.plan.workspace_bytes += 1; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.plan.workspace_bytes -= 1; }));
  CHECK(regressed([](record::CaseRecord& c) { *c.memory.heap_peak_bytes += 20000; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { *c.memory.heap_peak_bytes += 5000; }));
  CHECK(regressed([](record::CaseRecord& c) { *c.memory.resident_peak_bytes += 2 << 20; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { *c.memory.resident_peak_bytes += 1000000; }));
  CHECK(regressed([](record::CaseRecord& c) { c.check->worst_error_over_bound = 0.25; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.check->worst_error_over_bound = 0.15; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) {  // Of a bound that older records did not have.
    c.check->worst_error_over_bound = 0.25;
    c.check->visible_error = 1e-5;
  }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.memory.heap_peak_bytes.reset(); }));
}

TEST_CASE("Another machine, build or OpenMP setting is an obstacle of its own kind") {
  const record::Run base = make_run(1, 1);
  const auto obstacle = [&](const std::function<void(record::Run&)>& change) {
    record::Run fresh = base;
    change(fresh);
    const Comparison c = compare(base, fresh, {});
    return c.obstacles.size() == 1 ? c.obstacles[0].kind : "";
  };
  CHECK(obstacle([](record::Run& r) { r.machine.cpu = "another"; }) == "machine");
  CHECK(obstacle([](record::Run& r) { r.machine.cores = 64; }) == "machine");
  CHECK(obstacle([](record::Run& r) { r.build.build_type = "Debug"; }) == "build");
  CHECK(obstacle([](record::Run& r) { r.build.isa = "sse2"; }) == "build");
  CHECK(obstacle([](record::Run& r) { r.environment["OMP_PROC_BIND"] = "true"; }) == "settings");
  CHECK(obstacle([](record::Run& r) { r.machine.hostname = "elsewhere"; }) == "");
}

TEST_CASE("The reason says if a run has too few samples for so many cases") {
  const record::Run base = make_run(60, 1, 6);
  record::Run fresh = base;
  for (record::CaseRecord& c : fresh.cases) slow_down(c, 2);
  const Comparison c = compare(base, fresh, {});
  CHECK(c.count(Difference::kCannotTell) == 60);
  CHECK(c.cases[0].reason ==
        "6 samples are too few to judge 60 cases at once: measure more rounds");
  CHECK(compare(make_run(1, 1, 5), make_run(1, 2, 5), {1.03}).cases[0].reason ==
        "fewer than 6 samples on a side");
}

TEST_CASE("The noise floor is the ratio by which halves of equal samples differ") {
  record::Run run = make_run(4, 1);
  const record::Run twin = make_run(4, 2);
  CHECK(noise_floor(run).floor == 1);
  CHECK(noise_floor(run).cases.empty());
  for (record::CaseRecord c : twin.cases) {
    c.plan.label = "B";
    run.cases.push_back(c);
  }
  const record::NoiseFloor floor = noise_floor(run);
  REQUIRE(floor.cases.size() == 4);
  CHECK(floor.floor > 1.01);
  CHECK(floor.floor < 1.08);
  for (const record::NoiseFloorCase& c : floor.cases) {
    CHECK(c.floor <= floor.floor);
    CHECK(c.floor >= c.median_a_s / c.median_b_s);
    CHECK(c.floor >= c.median_b_s / c.median_a_s);
  }
  for (size_t i = 4; i < 8; ++i) slow_down(run.cases[i], 1.5);
  CHECK(noise_floor(run).floor > 1.45);
}

}  // namespace
}  // namespace attnbench::analyze
