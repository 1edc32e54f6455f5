// The last line of a comparison, and the list of what else differs.
#include "report/conclusion.h"

#include "analyze/compare.h"
#include "catch.h"
#include "report/comparison_words.h"
#include "report/run_facts.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

std::string conclusion_of(const record::Run& base, const record::Run& fresh,
                          const analyze::GateRules& rules = {}) {
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.1});
  return conclusion_words({comparison, base, fresh, "of this test", rules});
}

std::vector<std::string> names(const std::vector<Fact>& facts) {
  std::vector<std::string> list;
  for (const Fact& f : facts) list.push_back(f.name);
  return list;
}

TEST_CASE("Cases that BASE could not time do not count as unknown") {
  const record::Run run = sample_run();
  CHECK(conclusion_of(run, run) == "No regression: 10 cases judged.");
}

TEST_CASE("A regression tells what else differs between the runs") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  for (record::Sample& s : fresh.cases[2].samples) s.time_s *= 2;
  CHECK(conclusion_of(base, fresh) == "Regressed: 1 of 14 cases (1 slower).");
  fresh.conditions.governor = "performance";
  fresh.cases[3].samples.resize(5);
  CHECK(conclusion_of(base, fresh) ==
        "Regressed: 1 of 14 cases (1 slower). 1 case got no verdict. The runs also differ in "
        "governor.");
}

std::string last_line(const record::Run& base, const record::Run& fresh, bool interleaved) {
  const analyze::Comparison comparison =
      analyze::compare(base, fresh, {.interleaved = interleaved});
  return summary_lines({comparison, base, fresh, "of this test"}).back();
}

TEST_CASE("Only a single pair of runs ends with what it cannot exclude") {
  const record::Run run = sample_run();
  const std::string drift = "A single pair of runs cannot exclude that the machine drifted";
  CHECK(last_line(run, run, false).find(drift) == 0);
  CHECK(last_line(run, run, true).find(drift) == std::string::npos);
  const std::vector<record::Run> two{run, run};
  const analyze::Comparison several = analyze::compare(two, two, {});
  CHECK(summary_lines({several, run, run, ""}).back().find("2 and 2 runs: ") == 0);
}

TEST_CASE("A broken case needs no second pair of runs") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  fresh.cases[2].plan.outcome = record::Outcome::kFailed;
  CHECK(conclusion_of(base, fresh) == "Regressed: 1 of 14 cases (1 broken).");
}

TEST_CASE("A regression says whether it is one of time, of memory or rounding, or of distance") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  for (const int c : {8, 9}) fresh.cases[static_cast<size_t>(c)].quality->relative_error = 1.5;
  CHECK(conclusion_of(base, fresh) ==
        "Regressed: 2 of 14 cases (2 by distance from full attention).");
  fresh.cases[1].plan.workspace_bytes *= 2;
  for (record::Sample& s : fresh.cases[8].samples) s.time_s *= 2;
  CHECK(conclusion_of(base, fresh) ==
        "Regressed: 3 of 14 cases (1 slower, 1 by memory or rounding error, 2 by distance from "
        "full attention).");
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.1});
  CHECK_THAT(verdict_lines({comparison, base, fresh, ""}).front(),
             ContainsSubstring("1 with more memory or rounding error, 2 farther from full "
                               "attention; 3 regressed."));
}

TEST_CASE("If there is an obstacle, the conclusion names it and the option that allows it") {
  record::Run fresh = sample_run();
  fresh.machine.cpu = "Another\x1b[31m";
  const std::string words = conclusion_of(sample_run(), fresh);
  CHECK(words.find("Not comparable: CPU: 'Imaginary CPU @ 3.00GHz' and 'Another") == 0);
  CHECK(words.find("(--allow machine compares all the same).") != std::string::npos);
  CHECK(words.find('\x1b') == std::string::npos);
}

TEST_CASE("A difference that cannot change a time is not listed") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  fresh.name = "another";
  fresh.started_utc = fresh.finished_utc = "2025-05-01T12:00:00Z";
  fresh.seed = 8;
  fresh.rounds = 10;
  fresh.conditions.counters = "no";
  fresh.ceilings[0].fma_gflops *= 1.05;
  fresh.ceilings[0].bf16_gflops = 384;  // BASE is older, or its build has no such instructions.
  CHECK(names(differing_facts(base, fresh)).empty());
}

TEST_CASE("Peaks of bf16 and int8 are compared if both runs have them") {
  record::Run base = sample_run();
  base.ceilings[0].bf16_gflops = 384;
  base.ceilings[0].int8_gops = 768;
  record::Run fresh = base;
  *fresh.ceilings[0].bf16_gflops *= 0.5;
  CHECK(names(differing_facts(base, fresh)) == std::vector<std::string>{"bf16 peak of 2 threads"});
  *fresh.ceilings[0].int8_gops *= 0.5;
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.1});
  CHECK(difference_lines({comparison, base, fresh, ""}).back() ==
        "differs: int8 peak of 2 threads: '768 GOP/s' in BASE, '384 GOP/s' in NEW");
}

TEST_CASE("Machine, build, conditions, plugins and the machine's own speed are compared") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  fresh.machine.kernel = "6.2";
  fresh.build.flags = "-O1";
  fresh.conditions.cgroup_cpus = 1;
  fresh.plugins.push_back({"/lib.so", "abc", "GCC", "-O2", "Release"});
  fresh.environment.clear();
  fresh.ceilings[0].stream_gbs *= 2;
  fresh.config_json = R"({"measure": {"min_time_s": 1, "rounds": 9}})";
  CHECK(names(differing_facts(base, fresh)) ==
        std::vector<std::string>{"min time s", "kernel", "flags", "cgroup cpus", "plugins",
                                 "Environment", "streaming bandwidth of 2 threads"});
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.1});
  const std::vector<std::string> lines = difference_lines({comparison, base, fresh, ""});
  CHECK(lines.back() ==
        "differs: streaming bandwidth of 2 threads: '32.0 GB/s' in BASE, '64.0 GB/s' in NEW");
}

}  // namespace
}  // namespace attnbench::report
