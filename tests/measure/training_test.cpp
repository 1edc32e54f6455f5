// Tests of the worker on training steps: what it judges, and what it times.
#include <algorithm>
#include <string>

#include "catch.h"
#include "faulty_training.h"
#include "measure/worker.h"
#include "worker_end.h"

namespace attnbench::measure {
namespace {

using record::Json;
using record::Pass;
using test::FaultyTrained;
using test::TrainingFault;

Task task_of(Task::Mode mode, Pass pass) {
  Task task;
  task.mode = mode;
  task.plan.variant = "trained";
  task.plan.pass = pass;
  task.plan.problem = {1, 4, 2, 24, 30, 16, true};
  task.plan.pairs = 4 * 24 * 30;
  task.seed = 5;
  task.iterations = 3;
  task.min_time_s = 0.001;
  return task;
}

test::End run(const Variant& variant, const Task& task) {
  const Info info{"trained", "s", Kind::kExact, "p"};
  const registry::Catalogue only({{&info, &variant}});
  return test::end_of_worker(to_json(task).dump(),
                             [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
}

/// What a probe of a backward pass finds wrong; empty if nothing.
std::string found(TrainingFault fault, Pass pass = Pass::kBackward) {
  const test::End end = run(FaultyTrained(fault), task_of(Task::Mode::kProbe, pass));
  CHECK(end.code == 0);
  for (const Json& fact : end.facts)
    if (fact.at("fact") == "invalid") return fact.at("reason");
  CHECK(end["calibration"].at("iterations") >= 1);
  return {};
}

TEST_CASE("A training step is judged by its output and its gradients before it is timed") {
  for (const Pass pass : {Pass::kBackward, Pass::kBoth}) {
    const FaultyTrained right;
    const test::End probe = run(right, task_of(Task::Mode::kProbe, pass));
    // Of the first call, of one on other inputs, of one with few rows of d_out, and of one that
    // counts pairs.
    REQUIRE(probe.names() ==
            "memory check check quality check check check check check calibration done ");
    CHECK(probe["quality"].at("reason") == "a distance is that of the forward pass alone");
    Task round = task_of(Task::Mode::kRound, pass);
    const test::End timed = run(right, round);
    REQUIRE(timed.names() == "check check sample done ");
    CHECK(timed["sample"].at("time_s") > 0);
    round.judged_digest = timed["check"].at("output_digest");
    CHECK(run(right, round).names() == "sample done ");
  }
}

TEST_CASE("Wrong gradients are found, by the name of what is wrong") {
  using Catch::Matchers::StartsWith;
  CHECK(found(TrainingFault::kNone).empty());
  CHECK_THAT(found(TrainingFault::kForgetsDV), StartsWith("d_v: "));
  CHECK_THAT(found(TrainingFault::kAddsToDK), StartsWith("d_k: "));
  CHECK_THAT(found(TrainingFault::kWrongSignOfDQ), StartsWith("d_q: "));
  CHECK_THAT(found(TrainingFault::kDKWithoutDelta), StartsWith("d_k: "));
}

/// The most rows that a probe says were counted.
int64_t rows_counted(const Task& task) {
  const test::End end = run(FaultyTrained(), task);
  CHECK(end.names().ends_with("calibration done "));
  int64_t most = 0;
  for (const Json& fact : end.facts)
    if (fact.at("fact") == "check") most = std::max(most, fact.value("rows_counted", int64_t{0}));
  return most;
}

TEST_CASE("Rows of a training step are counted if the pairs in its gradients are") {
  Task task = task_of(Task::Mode::kProbe, Pass::kBackward);
  CHECK(rows_counted(task) == 4 * 24);
  task.plan.problem.head_dim = 1;
  CHECK(rows_counted(task) == 0);
  task = task_of(Task::Mode::kProbe, Pass::kBackward);
  task.plan.problem.alibi = true;
  CHECK(rows_counted(task) == 0);
}

TEST_CASE("A gradient with other bits than before is wrong if there is no time to judge it") {
  Task task = task_of(Task::Mode::kProbe, Pass::kBackward);
  task.plan.pairs = int64_t{1} << 40;
  const test::End end = run(FaultyTrained(TrainingFault::kWrongFromThirdBackward), task);
  CHECK(end["invalid"].at("reason") ==
        "its d_v has other bits than in a call with the same inputs, and nobody can tell in time "
        "whether they are right");
}

TEST_CASE("Memory that the forward pass of a backward pass takes is seen") {
  const Task task = task_of(Task::Mode::kProbe, Pass::kBackward);
  const test::End end = run(FaultyTrained(TrainingFault::kTakesMemoryToSave), task);
  CHECK(end["memory"].at("heap_peak_bytes") >= 1'000'000);
}

TEST_CASE("A query that a gradient leaves out is found if there is time for two rows only, too") {
  Task task = task_of(Task::Mode::kProbe, Pass::kBackward);
  task.plan.pairs = int64_t{1} << 40;  // As if rows took long.
  const test::End end = run(FaultyTrained(TrainingFault::kLosesQueryInDV), task);
  CHECK(end["check"].at("rows_checked") == 2);
  CHECK(std::string(end["invalid"].at("reason"))
            .starts_with("with weights that are all equal, d_v: batch 0 head "));
  CHECK(run(FaultyTrained(), task).names().ends_with("calibration done "));
}

TEST_CASE("The output of the forward pass that saves is judged, also if it is not timed") {
  for (const Pass pass : {Pass::kBackward, Pass::kBoth})
    CHECK(found(TrainingFault::kWrongSaving, pass).starts_with("batch 0 head 0 query 0 dim 0"));
}

TEST_CASE("A training step that writes outside of its memory is found") {
  CHECK(found(TrainingFault::kWritesPastSaved) ==
        "touched what is saved for backward 0 bytes past its end");
  CHECK(found(TrainingFault::kWritesPastGradient) == "touched d_q 0 bytes past its end");
}

TEST_CASE(
    "A backward pass that is wrong later, or keeps what an older forward pass saved, is found") {
  CHECK(found(TrainingFault::kWrongFromThirdBackward)
            .starts_with("a call with the same inputs was right before"));
  CHECK(found(TrainingFault::kKeepsFirstSaved).starts_with("with other inputs than before, "));
}

TEST_CASE("Probes do not ask a training step") {
  Task task = task_of(Task::Mode::kBehaviour, Pass::kBoth);
  task.behaviour = {"influence", 2, 3};
  CHECK(run(FaultyTrained(), task)["probe"].at("reason") ==
        "probes look at the forward pass alone");
}

}  // namespace
}  // namespace attnbench::measure
