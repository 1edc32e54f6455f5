// What is said of probes whose numbers are known.
#include "report/probes.h"

#include "catch.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

using record::Probe;
using record::ProbePoint;

/// The sample run with one probe on its first case.
record::Run run_with(const Probe& probe) {
  record::Run run = sample_run();
  run.cases.front().probes = {probe};
  return run;
}

Probe probe_of(const char* name, std::vector<std::pair<int64_t, double>> values, int64_t pairs) {
  Probe probe{name, 4, {}, {}};
  for (const auto& [distance, value] : values)
    probe.points.push_back({distance, pairs, value, value, value});
  return probe;
}

std::string said(const Probe& probe) {
  const record::Run run = run_with(probe);
  const auto findings = probe_findings(run, analyze::analyze(run));
  return findings.size() == 1 ? findings.front().text : "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Influence is alike, ends at a distance, or falls") {
  CHECK(has(said(probe_of("influence", {{1, 0.03}, {8, 0.02}, {64, 0.025}}, 0)),
            "about alike at every distance tried, by 0.020 to 0.030 of it"));
  CHECK(has(said(probe_of("influence", {{1, 0.2}, {8, 0.2}, {16, 0}, {64, 0}}, 0)),
            "none of the tokens tried from 16 back on moves the last output"));
  CHECK(has(
      said(probe_of("influence", {{1, 0.2}, {8, 0}, {64, 0.1}}, 0)),
      "none of the tokens tried from 8 to 8 back moves the last output, though farther ones do"));
  CHECK(has(said(probe_of("influence", {{1, 0.5}, {8, 0.01}}, 0)),
            "the token 1 back moves it by 0.50 of it, the one 8 back by 0.010"));
  CHECK(has(said(probe_of("influence", {{1, 0}, {8, 0}}, 0)),
            "none of the tokens tried before the last one"));
}

TEST_CASE("Recall ends at a distance, and chance is said") {
  CHECK(has(said(probe_of("recall", {{1, 1}, {8, 0.95}}, 4)),
            "recalls at least 90 % of the values at every distance tried among 4 pairs"));
  CHECK(has(said(probe_of("recall", {{1, 1}, {8, 0.95}, {64, 0.05}}, 4)),
            "up to 8 tokens back among 4 pairs, 5 % at 64 (by chance 6 %)"));
  CHECK(has(said(probe_of("recall", {{1, 1}, {8, 0.05}, {64, 1}}, 4)), "and 100 % again at 64"));
  CHECK(has(said(probe_of("recall", {{1, 0.5}, {8, 0.1}}, 4)), "recalls 50 % at 1"));
}

TEST_CASE("Tables and CSV hold each point, and the reason where there is none") {
  const record::Run run = run_with(probe_of("recall", {{1, 1}, {8, 0.25}}, 4));
  CHECK(has(probes_md(run), "| series | 1 | 8 |"));
  CHECK(has(probes_md(run), "| 1.0 | 0.25 |"));
  CHECK(has(probes_csv(run), ",recall,4,8,4,0.25,0.25,0.25,\n"));
  const record::Run none = run_with({"memory", 4, "it sees q and k", {}});
  CHECK(has(probes_md(none), "no memory: it sees q and k"));
  CHECK(has(probes_csv(none), ",memory,4,,,,,,it sees q and k\n"));
  CHECK(probe_findings(none, analyze::analyze(none)).empty());
  CHECK_FALSE(has_probes(sample_run()));
}

TEST_CASE("Probes survive the way to a record and back") {
  const record::Run run = run_with(probe_of("recall", {{1, 1}, {8, 0.25}}, 4));
  const record::Run back = record::run_from_text(record::run_to_text(run), "test");
  REQUIRE(back.cases.front().probes.size() == 1);
  CHECK(back.cases.front().probes.front().points.at(1).value == 0.25);
  record::Run wrong = run;
  wrong.cases.front().probes.front().points.front().low = 2;
  CHECK_THROWS_AS(record::run_from_text(record::run_to_text(wrong), "test"), record::RecordError);
}

}  // namespace attnbench::report
