// Runs that train: passes stand side by side, and are never compared as variants are.
#include "analyze/training.h"

#include <algorithm>

#include "analyze/made_up_run.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

using record::Pass;

constexpr int kSizes = 5;

/// A series of a variant in one pass: `base_s` at the smallest of five lengths, in proportion to
/// the length.
void add_series(record::Run& run, const char* variant, Pass pass, double base_s) {
  Random random(run.cases.size() + 1);
  for (int i = 0; i < kSizes; ++i) {
    record::CaseRecord& c = run.cases.emplace_back();
    c.plan.id = static_cast<int>(run.cases.size()) - 1;
    c.plan.variant = c.plan.label = variant;
    c.plan.problem.kv_len = c.plan.problem.q_len = 256 << i;
    c.plan.pass = pass;
    c.plan.input_bytes = 1024;
    c.plan.outcome = record::Outcome::kOk;
    for (int round = 0; round < 9; ++round)
      c.samples.push_back({round, base_s * (1 << i) * (1 + 0.001 * normal(random)), 0, 10, 0});
  }
}

/// Two variants, each in all passes; window is the slower one backward and the faster one forward.
record::Run trained_run() {
  record::Run run;
  run.baseline = "full";
  for (const auto& [pass, full_s, window_s] :
       {std::tuple(Pass::kForward, 2e-3, 1e-3), std::tuple(Pass::kBackward, 4e-3, 6e-3),
        std::tuple(Pass::kBoth, 7e-3, 8e-3)}) {
    add_series(run, "full", pass, full_s);
    add_series(run, "window", pass, window_s);
  }
  return run;
}

Pass pass_of(const record::Run& run, const Analysis& analysis, int series) {
  return run.cases[analysis.series[series].cases.front()].plan.pass;
}

TEST_CASE("No series is compared with one of another pass") {
  const record::Run run = trained_run();
  const Analysis analysis = analyze(run);
  REQUIRE(analysis.groups.size() == 3);
  for (const Group& group : analysis.groups) {
    REQUIRE(group.series.size() == 2);
    const Pass pass = pass_of(run, analysis, group.series[0]);
    CHECK(pass_of(run, analysis, group.series[1]) == pass);
    REQUIRE(group.crossovers.size() == 1);
    CHECK(pass_of(run, analysis, group.crossovers[0].faster) == pass);
    CHECK(pass_of(run, analysis, group.crossovers[0].slower) == pass);
    CHECK(group.ratios.size() == kSizes);
    for (const CaseRatio& ratio : group.ratios) {
      CHECK(run.cases[ratio.a].plan.pass == pass);
      CHECK(run.cases[ratio.b].plan.pass == pass);
    }
    REQUIRE(group.lead);
    CHECK(pass_of(run, analysis, group.lead->fastest) == pass);
    CHECK(pass_of(run, analysis, group.lead->next) == pass);
  }
  // The speed-up of window over full, forward and backward.
  CHECK(analysis.cases[kSizes].speedup->value == Approx(2).epsilon(0.01));
  CHECK(analysis.cases[3 * kSizes].speedup->value == Approx(4.0 / 6).epsilon(0.01));
  CHECK(analysis.axis_effects.empty());
}

TEST_CASE("Threads of one pass are no partners of threads of another") {
  record::Run run;
  add_series(run, "full", Pass::kForward, 1e-3);
  add_series(run, "full", Pass::kBackward, 1e-3);
  for (int i = kSizes; i < 2 * kSizes; ++i) run.cases[i].plan.threads = 2;
  const Analysis analysis = analyze(run);
  CHECK_FALSE(analysis.cases[0].thread_speedup);
  REQUIRE(analysis.training.size() == 1);
  CHECK(analysis.training[0].backward == 1);
  CHECK_FALSE(analysis.training[0].forward);
}

TEST_CASE("The passes of one variant and problem stand side by side at each length") {
  record::Run run = trained_run();
  run.cases[4 * kSizes - 1].samples.clear();  // Backward of window, at the largest length.
  run.cases[4 * kSizes - 1].plan.outcome = record::Outcome::kFailed;
  const Analysis analysis = analyze(run);
  REQUIRE(analysis.training.size() == 2);
  const Training &full = analysis.training[0], &window = analysis.training[1];
  CHECK(full.forward == 0);
  CHECK(full.backward == 2);
  CHECK(full.both == 4);
  CHECK(full.trained() == 2);
  REQUIRE(full.sizes.size() == kSizes);
  for (int i = 0; i < kSizes; ++i) {
    const TrainingAtSize& at = full.sizes[i];
    CHECK(at.seq_len == 256 << i);
    CHECK(at.forward == i);
    CHECK(at.backward == 2 * kSizes + i);
    CHECK(at.both == 4 * kSizes + i);
    REQUIRE(at.backward_ratio);
    CHECK(at.backward_ratio->value == Approx(2).epsilon(0.01));
    REQUIRE(at.backward_ratio->interval);
    CHECK(at.backward_ratio->interval->low <= at.backward_ratio->value);
    CHECK(at.backward_ratio->interval->high >= at.backward_ratio->value);
  }
  CHECK(window.sizes.front().backward_ratio->value == Approx(6).epsilon(0.01));
  CHECK_FALSE(window.sizes.back().backward_ratio);
  CHECK(window.sizes.back().backward == 4 * kSizes - 1);
}

TEST_CASE("Below six rounds a ratio of passes has no interval") {
  record::Run run = trained_run();
  for (record::CaseRecord& c : run.cases) c.samples.resize(5);
  const auto ratio = analyze(run).training.at(0).sizes.at(0).backward_ratio;
  REQUIRE(ratio);
  CHECK_FALSE(ratio->interval);
}

TEST_CASE("A run that trains nothing has no training, nor has a variant without a backward pass") {
  record::Run run;
  add_series(run, "full", Pass::kForward, 1e-3);
  CHECK(analyze(run).training.empty());
  add_series(run, "full", Pass::kBoth, 1e-3);
  REQUIRE(analyze(run).training.size() == 1);
  CHECK(analyze(run).training[0].trained() == 1);
  for (int i = kSizes; i < 2 * kSizes; ++i) {
    run.cases[i].plan.outcome = record::Outcome::kSkipped;
    run.cases[i].plan.input_bytes = 0;
    run.cases[i].samples.clear();
  }
  CHECK(analyze(run).training.empty());
}

}  // namespace
}  // namespace attnbench::analyze
