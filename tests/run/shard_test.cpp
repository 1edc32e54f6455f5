// Dealing cases to shards, and what keeps records from being merged.
#include "run/shard.h"

#include <set>

#include "catch.h"
#include "run/same_run.h"

using namespace attnbench;
using record::Outcome;

namespace {

/// Two series of four sizes.
record::Run planned() {
  record::Run run;
  run.config_json = std::string(R"({"measure":{"rounds":9}})");
  run.finished_utc = std::string("t");
  for (const std::string variant : {"a", "b"})
    for (const int64_t n : {8, 16, 32, 64}) {
      record::CaseRecord c;
      c.plan.id = static_cast<int>(run.cases.size());
      c.plan.variant = c.plan.label = variant;
      c.plan.problem.q_len = c.plan.problem.kv_len = n;
      run.cases.push_back(c);
    }
  return run;
}

std::set<size_t> pending(const record::Run& run) {
  std::set<size_t> ids;
  for (size_t i = 0; i < run.cases.size(); ++i)
    if (run.cases[i].plan.outcome == Outcome::kPending) ids.insert(i);
  return ids;
}

/// The measured run of shard `index` of two.
record::Run measured(int index) {
  record::Run run = planned();
  run::take_shard(run, {index, 2});
  for (const size_t id : pending(run)) run.cases[id].plan.outcome = Outcome::kOk;
  return run;
}

}  // namespace

TEST_CASE("Shards split the cases, and each gets its share of the long ones") {
  record::Run first = planned(), second = planned();
  run::take_shard(first, {1, 2});
  run::take_shard(second, {2, 2});
  CHECK(pending(first) == std::set<size_t>{0, 2, 5, 7});
  CHECK(pending(second) == std::set<size_t>{1, 3, 4, 6});
  CHECK(first.cases[1].plan.reason == "measured by shard 2/2");
}

TEST_CASE("A case that is too big for memory stays so in every shard") {
  record::Run run = planned();
  run.cases[1].plan.outcome = Outcome::kSkipped;
  run.cases[1].plan.reason = "too big";
  run::take_shard(run, {1, 2});
  CHECK(run.cases[1].plan.reason == "too big");
}

TEST_CASE("Shards that are merged in any order are the whole sweep") {
  const record::Run whole = run::merge({{"two", measured(2)}, {"one", measured(1)}});
  CHECK(whole.shards == 1);
  for (const record::CaseRecord& c : whole.cases) CHECK(c.plan.outcome == Outcome::kOk);
}

TEST_CASE("What each shard says of its inputs is in the whole sweep, once for the same inputs") {
  record::Run first = measured(1), second = measured(2);
  const auto add = [](record::Run& run, int id, int64_t rows) {
    run.input_statistics.emplace_back();
    run.input_statistics.back().case_id = id;
    run.input_statistics.back().rows = rows;
  };
  add(first, 0, 10);
  add(first, 7, 20);
  add(second, 3, 20);
  add(second, 1, 30);
  const record::Run whole = run::merge({{"one", first}, {"two", second}});
  REQUIRE(whole.input_statistics.size() == 3);  // Cases 3 and 7 have the same lengths.
  CHECK(record::input_statistics_of(whole, whole.cases[0].plan)->rows == 10);
  CHECK(record::input_statistics_of(whole, whole.cases[1].plan)->rows == 30);
  CHECK(record::input_statistics_of(whole, whole.cases[3].plan)->rows == 20);
}

TEST_CASE("Runs differ by config, program and machine, but not by host or time") {
  const record::Run run = planned();
  record::Run other = run;
  other.machine.hostname = "elsewhere";
  other.started_utc = "later";
  CHECK(run::differences(run, other).empty());
  other.config_json = R"({"measure":{"rounds":3}})";
  other.build.compiler = "another";
  other.machine.cores = 64;
  const std::vector<std::string> all{"machine /cores: 0, now 64",
                                     "program /compiler: \"\", now \"another\"",
                                     "config /measure/rounds: 9, now 3"};
  CHECK(run::differences(run, other) == all);
}

TEST_CASE("Records differ by the environment and by how the machine is set up, as far as known") {
  record::Run run = planned(), other = planned();
  run.environment = {{"MALLOC_ARENA_MAX", "1"}};
  other.environment = {{"OMP_THREAD_LIMIT", "1"}};
  CHECK(run::differences(run, other) ==
        std::vector<std::string>{"environment /MALLOC_ARENA_MAX: \"1\", now nothing",
                                 "environment /OMP_THREAD_LIMIT: nothing, now \"1\""});
  other.environment = run.environment;
  run.conditions.governor = "performance";
  run.conditions.affinity = "0-1";
  other.conditions.affinity = "2-3";
  other.conditions.turbo = "on";
  CHECK(run::differences(run, other).empty());
  other.conditions.governor = "powersave";
  run.conditions.cgroup_cpus = 1.5;
  CHECK(run::differences(run, other) ==
        std::vector<std::string>{"conditions /governor: \"performance\", now \"powersave\"",
                                 "conditions /cgroup_cpus: 1.5, now null"});
}

TEST_CASE("Plugins are the same if their files are equal, in whatever folder these are") {
  record::Run run = planned(), other = planned();
  run.plugins = {{"/a/libmine.so", "11", "GNU 12", "-O3", "Release"}};
  other.plugins = {{"/b/moved.so", "11", "GNU 12", "-O3", "Release"}};
  CHECK(run::differences(run, other).empty());
  other.plugins[0].sha256 = "22";
  other.plugins.push_back({"/b/second.so", "33", "", "", ""});
  const std::vector<std::string> changed{"plugin /a/libmine.so: sha256 11, now 22 of /b/moved.so",
                                         "plugin /b/second.so: loaded now, not when the run began"};
  CHECK(run::differences(run, other) == changed);
  other.plugins.clear();
  CHECK(run::differences(run, other) ==
        std::vector<std::string>{"plugin /a/libmine.so: not loaded now; --plugin loads it"});
}

TEST_CASE("Memory may differ by what a kernel takes, but not by a memory module") {
  record::Run run = planned(), other = planned();
  run.machine.memory_bytes = int64_t{64} << 30;
  other.machine.memory_bytes = run.machine.memory_bytes - (int64_t{100} << 20);
  CHECK(run::differences(run, other).empty());
  other.machine.memory_bytes = int64_t{48} << 30;
  CHECK(run::differences(run, other).size() == 1);
}
