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

TEST_CASE("Of 100 comparisons of equal interleaved runs, few report a difference") {
  int alarms = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const record::Run base = make_run(30, 2 * i), fresh = make_run(30, 2 * i + 1);
    const Comparison c = compare(base, fresh, {.interleaved = true});
    alarms += c.count(Difference::kSlower) + c.count(Difference::kFaster) > 0;
  }
  CHECK(alarms <= 11);  // 5 of 100 are allowed; 11 is three standard deviations more.
}

TEST_CASE("A planted slowdown of 5 % is found among thirty cases, and nothing else is") {
  int found = 0, wrong = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const record::Run base = make_run(30, 1000 + 2 * i, 15);
    record::Run fresh = make_run(30, 1001 + 2 * i, 15);
    slow_down(fresh.cases[17], 1.05);
    const Comparison c = compare(base, fresh, {.interleaved = true});
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
    found += compare(make_run(30, 5000 + 2 * i), fresh, {.interleaved = true}).regressions() > 0;
  }
  CHECK(found == 50);
}

TEST_CASE("A difference that clears the statistics but not the noise floor is no verdict") {
  const record::Run base = make_run(3, 1, 25);
  record::Run fresh = make_run(3, 2, 25);
  slow_down(fresh.cases[1], 1.08);
  const Drift small{0.001, 5};
  CHECK(compare(base, fresh, {1.03, small}).cases[1].verdict == Difference::kSlower);
  CHECK(compare(fresh, base, {1.03, small}).cases[1].verdict == Difference::kFaster);
  CHECK(compare(base, fresh, {1.10, small}).cases[1].verdict != Difference::kSlower);
  CHECK(compare(base, fresh, {1.20, small}).cases[1].verdict == Difference::kSame);
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

/// The config of a variant of which `params` are set.
std::string config_of(const std::string& params) {
  return R"({"variants": [{"variant": "full", "params": {)" + params + "}}]}";
}

TEST_CASE("A default that changed is named, and the case is compared all the same") {
  record::Run base = make_run(2, 1);
  for (record::CaseRecord& c : base.cases) c.plan.params = {{"block_k", 96}, {"left", 8}};
  base.config_json = config_of(R"("left": [8])");
  record::Run fresh = base;
  for (record::CaseRecord& c : fresh.cases)
    c.plan.params = {{"block_k", 8}, {"left", 8}, {"lanes", 4}};
  const Comparison c = compare(base, fresh, {});
  REQUIRE(c.cases.size() == 2);
  CHECK(c.obstacles.empty());
  REQUIRE(c.cases[1].changes.size() == 2);
  CHECK(c.cases[1].changes[0].name == "block_k");
  CHECK(c.cases[1].changes[0].base == "96");
  CHECK(c.cases[1].changes[0].fresh == "8");
  CHECK(c.cases[1].changes[1].name == "lanes");
  CHECK(c.cases[1].changes[1].base == "none");

  base.config_json = config_of(R"("left": [8], "block_k": [96])");
  CHECK(compare(base, fresh, {}).only_base.size() == 2);
  for (record::CaseRecord& f : fresh.cases) f.plan.params[1].second = 9;
  CHECK(compare(base, fresh, {}).cases.empty());
}

TEST_CASE("A case that is the same in all its params is matched before one whose default changed") {
  record::Run base = make_run(1, 1);
  base.config_json = R"({"variants": [{"variant": "full"}, {"variant": "full", "label": "b",
                         "params": {"block_k": [8]}}]})";
  base.cases[0].plan.params = {{"block_k", 96}};
  base.cases.push_back(base.cases[0]);
  base.cases[1].plan.label = "b";
  base.cases[1].plan.params = {{"block_k", 8}};
  record::Run fresh = base;
  fresh.cases[0].plan.params = {{"block_k", 64}};
  const Comparison c = compare(base, fresh, {});
  REQUIRE(c.cases.size() == 2);
  CHECK(c.cases[0].changes.size() == 1);
  CHECK(c.cases[1].base == 1);
  CHECK(c.cases[1].changes.empty());
}

TEST_CASE("Of several runs, a case counts only if all of them hold it") {
  const std::vector<record::Run> base{make_run(3, 1), make_run(3, 2)};
  std::vector<record::Run> fresh{make_run(3, 3), make_run(3, 4)};
  fresh[1].cases.erase(fresh[1].cases.begin());
  fresh[1].cases[1].plan.outcome = record::Outcome::kFailed;
  const Comparison c = compare(base, fresh, {});
  REQUIRE(c.cases.size() == 2);
  CHECK(c.uneven == std::vector<std::string>{record::describe_case(base[0].cases[0].plan) +
                                             ": not in run 2 of NEW"});
  CHECK(c.cases[1].verdict == Difference::kBroken);
  CHECK(c.cases[1].reason == "failed in 1 of 2 runs");
  REQUIRE(c.obstacles.size() == 1);
  CHECK(c.obstacles[0].kind == "missing");
  fresh[1] = make_run(4, 4);
  CHECK(compare(base, fresh, {}).uneven.at(0).find(": only in run 2 of NEW") != std::string::npos);
  fresh[1].machine.cpu = "another";
  CHECK(compare(base, fresh, {}).obstacles.at(0).kind == "machine");
}

TEST_CASE("A difference within the tolerance is the same, whatever the statistics say") {
  const record::Run base = make_run(3, 1, 25);
  record::Run fresh = make_run(3, 2, 25);
  slow_down(fresh.cases[1], 1.06);
  const auto verdict = [&](double tolerance) {
    return compare(base, fresh, {.tolerance = tolerance, .interleaved = true}).cases[1].verdict;
  };
  CHECK(verdict(0) == Difference::kSlower);
  CHECK(verdict(0.03) == Difference::kSlower);
  CHECK(verdict(0.06) == Difference::kCannotTell);
  CHECK(verdict(0.1) == Difference::kSame);
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
  CHECK(regressed([](record::CaseRecord& c) { c.quality->relative_error = 0.22; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.quality->relative_error = 0.205; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.quality->relative_error = 0.1; }));
  CHECK_FALSE(regressed([](record::CaseRecord& c) { c.quality.reset(); }));
}

TEST_CASE(
    "Any byte more that is saved for backward is a regression, and a forward pass saves none") {
  record::Run base = make_run(1, 1, 25);
  const auto saved = [&](int64_t more) {
    record::Run fresh = base;
    fresh.cases[0].plan.saved_bytes += more;
    return compare(base, fresh, {1.2}).cases.at(0);
  };
  const auto named = [](const CaseDifference& d) {
    return *std::ranges::find(d.quantities, std::string_view("saved for backward"),
                              &Quantity::name);
  };
  CHECK_FALSE(named(saved(0)).base);
  base.cases[0].plan.pass = record::Pass::kBackward;
  base.cases[0].plan.saved_bytes = 4096;
  CHECK(named(saved(0)).base == 4096);
  CHECK(saved(1).regressed());
  CHECK(saved(1).has_grown());
  CHECK_FALSE(saved(0).regressed());
  CHECK_FALSE(saved(-1).regressed());
  CHECK(named(saved(-1)).change == Quantity::Change::kLess);
}

TEST_CASE("Whatever is lost of full attention is more than nothing") {
  record::Run base = make_run(1, 1, 25);
  base.cases[0].quality->relative_error = 0;
  record::Run fresh = base;
  fresh.cases[0].quality->relative_error = 9e-4;
  const Comparison worse = compare(base, fresh, {1.2});
  CHECK(worse.regressions() == 1);
  CHECK(worse.cases[0].is_farther());
  const Comparison better = compare(fresh, base, {1.2});
  CHECK(better.regressions() == 0);
  CHECK(better.cases[0].quantities.back().change == Quantity::Change::kLess);
  CHECK_FALSE(compare(base, base, {1.2}).cases[0].is_farther());
}

TEST_CASE("Distances are compared on the same numbers only") {
  record::Run base = make_run(1, 1, 25);
  record::Run fresh = base;
  fresh.cases[0].quality->relative_error = 0.4;
  const auto distance = [&] { return compare(base, fresh, {1.2}).cases[0].quantities.back(); };
  CHECK(distance().change == Quantity::Change::kMore);
  fresh.seed = base.seed + 1;
  CHECK(distance().change == Quantity::Change::kNone);
  CHECK_FALSE(distance().base);
  CHECK_FALSE(distance().fresh);
  fresh.seed = base.seed;
  const auto read_from = [](record::Run& run, const std::string& sha256) {
    run.cases[0].plan.inputs = "qkv.npz";
    run.config_json =
        R"({"sweep": {"inputs": [{"file": "qkv.npz", "sha256": ")" + sha256 + R"("}]}})";
  };
  read_from(base, "aa");
  read_from(fresh, "aa");
  CHECK(distance().change == Quantity::Change::kMore);
  read_from(fresh, "bb");
  CHECK_FALSE(distance().base);
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

TEST_CASE("A file of inputs that changed under its name is an obstacle, another file is none") {
  const auto obstacles = [](const std::string& name, const std::string& sha256) {
    record::Run base = make_run(1, 1);
    base.config_json = R"({"sweep": {"inputs": ["normal", {"file": "a.npz", "sha256": "11"}]}})";
    record::Run fresh = base;
    fresh.config_json =
        R"({"sweep": {"inputs": [{"file": ")" + name + R"(", "sha256": ")" + sha256 + "\"}]}}";
    return compare(base, fresh, {}).obstacles;
  };
  CHECK(obstacles("a.npz", "11").empty());
  CHECK(obstacles("b.npz", "22").empty());
  REQUIRE(obstacles("a.npz", "22").size() == 1);
  CHECK(obstacles("a.npz", "22")[0].kind == "settings");
  CHECK(obstacles("a.npz", "22")[0].text == "sha256 of the inputs a.npz: '11' and '22'");
}

TEST_CASE("The reason says if a run has too few samples for so many cases") {
  const record::Run base = make_run(60, 1, 6);
  record::Run fresh = base;
  for (record::CaseRecord& c : fresh.cases) slow_down(c, 3);
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
  CHECK(noise_floor(std::span(&run, 1)).floor == 1);
  CHECK(noise_floor(std::span(&run, 1)).cases.empty());
  for (record::CaseRecord c : twin.cases) {
    c.plan.label = "B";
    run.cases.push_back(c);
  }
  const record::NoiseFloor floor = noise_floor(std::span(&run, 1));
  REQUIRE(floor.cases.size() == 4);
  CHECK(floor.floor > 1.01);
  CHECK(floor.floor < 1.08);
  for (const record::NoiseFloorCase& c : floor.cases) {
    CHECK(c.floor <= floor.floor);
    CHECK(c.floor >= c.median_a_s / c.median_b_s);
    CHECK(c.floor >= c.median_b_s / c.median_a_s);
  }
  for (size_t i = 4; i < 8; ++i) slow_down(run.cases[i], 1.5);
  CHECK(noise_floor(std::span(&run, 1)).floor > 1.45);
}

}  // namespace
}  // namespace attnbench::analyze
