// Tests of the warning of more threads than CPUs.
#include "catch.h"
#include "report/warnings.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

TEST_CASE("More threads than the affinity mask or the CPU quota lets run get a warning") {
  record::Run run = sample_run();
  REQUIRE(run.machine.cores == 2);
  run.conditions.cgroup_cpus = 0.5;
  CHECK(crowding_words(run) ==
        "2 threads were asked for, but there were 0.5 CPUs for this run (the CPU quota of its "
        "cgroup): threads that take turns make times longer.");
  run.conditions.cgroup_cpus = 2;
  CHECK(crowding_words(run).empty());
  run.conditions.cgroup_cpus.reset();
  CHECK(crowding_words(run).empty());
  run.machine.cores = 1;
  run.conditions.affinity = std::string("3");
  CHECK(crowding_words(run) ==
        "2 threads were asked for, but there was 1 CPU for this run (its affinity mask, 3): "
        "threads that take turns make times longer.");
  for (record::CaseRecord& c : run.cases) c.plan.outcome = record::Outcome::kSkipped;
  CHECK(crowding_words(run).empty());
}

}  // namespace
}  // namespace attnbench::report
