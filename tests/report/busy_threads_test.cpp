// Tests of the warnings of cases that did not use the threads they were given, by their CPU time.
#include "analyze/analysis.h"
#include "catch.h"
#include "report/warnings.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

/// The CPUs that a case keeps busy on so many threads, in its first sample and in its second.
struct Busy {
  int threads;
  double first, second;
};

/// A run on 4 CPUs, in which each sample took 0.1 s.
record::Run run_of(const std::vector<Busy>& cases) {
  record::Run run;
  run.name = "busy";
  run.rounds = 2;
  run.machine.cores = 4;
  for (const Busy& busy : cases) {
    record::CaseRecord c = sample_case(run, "full", 64 << run.cases.size(), 0.01);
    c.plan.threads = busy.threads;
    c.samples = {{0, 0.01, 0.01 * busy.first, 10, 0.01}, {1, 0.01, 0.01 * busy.second, 10, 0.01}};
    run.cases.push_back(c);
  }
  return run;
}

/// The warnings whose sentence has these words.
std::vector<Warning> warnings_with(const record::Run& run, const std::string& words) {
  std::vector<Warning> found = make_warnings(run, analyze::analyze(run));
  std::erase_if(found, [&](const Warning& w) { return w.text.find(words) == std::string::npos; });
  return found;
}

constexpr const char* kIdle = "kept less than three quarters of their threads busy";
constexpr const char* kMore = "took more threads than they were given";

TEST_CASE("A case whose threads stood idle in the mean of its samples gets a warning") {
  const record::Run run = run_of({{4, 3.5, 1.5}, {4, 3.5, 2.7}, {1, 0.5, 0.5}, {4, 1, 1}});
  const std::vector<Warning> found = warnings_with(run, kIdle);
  REQUIRE(found.size() == 1);
  CHECK(found[0].cases == std::vector<int>{0, 3});
  CHECK(found[0].text.starts_with("2 of 4 cases " + std::string(kIdle)));
  CHECK(found[0].text.find(": 2.5 of 4; ") != std::string::npos);
  CHECK(found[0].text.ends_with(": 1.0 of 4."));
  CHECK(warnings_with(run, kMore).empty());
}

TEST_CASE("A case that took more threads than it was given gets a warning") {
  const record::Run run = run_of({{1, 4, 4}, {2, 2.2, 2.4}});
  const std::vector<Warning> found = warnings_with(run, kMore);
  REQUIRE(found.size() == 1);
  CHECK(found[0].cases == std::vector<int>{0});
  CHECK(found[0].text.ends_with(": 4.0 of 1."));
  CHECK(warnings_with(run, kIdle).empty());
}

TEST_CASE("Nothing is said of threads that had to share CPUs, or of calls too short to tell") {
  record::Run run = run_of({{4, 2, 2}});
  REQUIRE(warnings_with(run, kIdle).size() == 1);
  run.conditions.cgroup_cpus = 2;
  CHECK(warnings_with(run, kIdle).empty());
  run = run_of({{4, 1, 1}, {1, 4, 4}});
  for (record::CaseRecord& c : run.cases) c.samples.pop_back();
  CHECK(warnings_with(run, kIdle).empty());
  CHECK(warnings_with(run, kMore).empty());
}

}  // namespace
}  // namespace attnbench::report
