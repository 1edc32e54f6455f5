// What is said of probes whose numbers are known.
#include "report/probes.h"

#include "catch.h"
#include "report/probe_words.h"
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
  CHECK(said(probe_of("influence", {{1, 0.03}, {8, 0.02}, {64, 0.025}}, 0)) ==
        "at n = 256, tokens move the last output about alike at every distance tried, by 0.020 to "
        "0.030 of its length.");
  CHECK(said(probe_of("influence", {{1, 0.2}, {8, 0.2}, {16, 0}, {64, 0}}, 0)) ==
        "at n = 256, none of the tokens tried from 16 back on moves the last output; the token 1 "
        "back moves the last output by 0.20 of its length, the one 8 back by 0.20.");
  CHECK(has(said(probe_of("influence", {{1, 0.5}, {8, 0.01}}, 0)),
            "the token 1 back moves the last output by 0.50 of its length, the one 8 back by "
            "0.010."));
  CHECK(has(said(probe_of("influence", {{1, 0}, {8, 0}}, 0)),
            "none of the tokens tried before the last one moves the last output."));
}

TEST_CASE("Order moves the output or does not") {
  CHECK(said(probe_of("order", {{1, 0}, {8, 1.2e-7}, {255, 2e-7}}, 0)) ==
        "at n = 256, the order of the tokens before the last one does not move the last output by "
        "more than rounding.");
  CHECK(said(probe_of("order", {{1, 0}, {8, 1e-7}, {64, 0.1}, {255, 0.3}}, 0)) ==
        "at n = 256, the order of the tokens before the last one moves the last output: if the "
        "nearest 64 change places, by 0.10 of its length; if the nearest 255 do, by 0.30.");
}

TEST_CASE("Rounding is told from influence") {
  CHECK(has(said(probe_of("influence", {{1, 0.7}, {8, 0.1}, {64, 1.2e-7}, {512, 1.2e-7}}, 0)),
            "none of the tokens tried from 64 back on moves the last output by more than rounding; "
            "the token 1 back moves the last output by 0.70 of its length, the one 8 back by "
            "0.10."));
  CHECK(has(said(probe_of("influence", {{1, 1e-7}, {8, 0}}, 0)),
            "none of the tokens tried before the last one moves the last output by more than "
            "rounding."));
}

TEST_CASE("Gaps are told also if nothing reaches from beyond, and the nearest token that does") {
  const std::string text = said(probe_of(
      "influence", {{1, 0}, {2, 0}, {3, 0}, {4, 0.1}, {5, 0}, {20, 0.08}, {38, 0}, {390, 0}}, 0));
  CHECK(has(text,
            "none of the tokens tried from 38 back on moves the last output; none of the "
            "tokens tried 1 to 3 and 5 back moves the last output, though farther ones do; "
            "the token 4 back moves the last output by 0.10 of its length, the one 20 back "
            "by 0.080."));
}

TEST_CASE("Recall names every distance from which values come back") {
  CHECK(has(said(probe_of("recall", {{1, 1}, {8, 0.95}}, 4)),
            "recalls at least 90 % of the values among 4 pairs at every distance tried."));
  CHECK(has(said(probe_of("recall", {{1, 0.06}, {8, 1}, {64, 1}}, 4)),
            "among 4 pairs at 2 of 3 distances tried, 8 and 64; not at 1, but 6 % (by chance "
            "6 %)."));
  CHECK(has(said(probe_of("recall", {{1, 1}, {8, 0.896}, {16, 0.05}, {64, 1}}, 4)),
            "at 2 of 4 distances tried, 1 and 64; not at 8 and 16, but 5 % to 89 % (by chance "
            "6 %)."));
  CHECK(has(said(probe_of("recall", {{1, 0.5}, {8, 0.1}}, 4)),
            "among 4 pairs at none of the 2 distances tried, but 10 % to 50 % (by chance 6 %)."));
}

TEST_CASE("Recall is told of the most pairs, wherever they stand") {
  Probe probe = probe_of("recall", {{1, 1}, {8, 0}}, 64);
  for (const ProbePoint& p : probe_of("recall", {{1, 1}, {8, 1}}, 4).points)
    probe.points.push_back(p);
  CHECK(has(said(probe), "among 64 pairs at 1 of 2 distances tried"));
}

TEST_CASE("Memory says of what it is a part") {
  CHECK(has(said(probe_of("memory", {{1, 0.179}, {8, 0.02}}, 0)),
            "a linear readout gets back 17 % of the variance of the token 1 back, 2 % of that of "
            "the token 8 back."));
}

TEST_CASE("On a first screen series of which the same is true share a sentence") {
  record::Run run = sample_run();
  run.cases[0].probes = {probe_of("influence", {{1, 0.03}, {8, 0.02}}, 0)};
  run.cases[6].probes = {probe_of("influence", {{1, 0.2}, {8, 0}}, 0),
                         probe_of("recall", {{1, 1}, {8, 0}}, 4)};
  record::CaseRecord again = run.cases[6];
  again.plan.label = "window again";
  run.cases.push_back(again);
  const analyze::Analysis analysis = analyze::analyze(run);
  CHECK(probe_sentences(run, analysis, name_series(run, analysis)) ==
        std::vector<std::string>{
            "At n = 256, tokens move the last output about alike at every distance tried: full.",
            "At n = 256, the farthest token tried that moves the last output by more than "
            "rounding: window 64, window again (1 back).",
            "At n = 256, at least 90 % of the values among 4 pairs come back from up to so many "
            "tokens back: window 64, window again (1)."});
  const Answer answer = make_answer(run, analysis);
  CHECK(answer.findings[1].text.starts_with("At n = 256, tokens move"));
}

std::string tables(const record::Run& run) {
  return probes_md(run, analyze::analyze(run));
}

TEST_CASE("Tables and CSV hold each point, and the reason where there is none") {
  const record::Run run = run_with(probe_of("recall", {{1, 1}, {8, 0.25}, {64, 0}}, 4));
  CHECK(has(tables(run), "| series | 1 | 8 | 64 |"));
  CHECK(has(tables(run), "| full | 1.0 | 0.25 | 0 |"));
  CHECK(has(probes_csv(run), ",recall,4,8,4,0.25,0.25,0.25,\n"));
  record::Run none = run_with({"memory", 4, "it sees q and k", {}});
  none.cases[6].probes = none.cases[7].probes = none.cases[0].probes;
  CHECK(has(tables(none), "- no memory of full, window 64: it sees q and k\n"));
  CHECK(has(probes_csv(none), ",memory,4,,,,,,it sees q and k\n"));
  CHECK(probe_findings(none, analyze::analyze(none)).empty());
  CHECK_FALSE(has_probes(sample_run()));
}

TEST_CASE("Each problem has tables of its own, with labels escaped once") {
  record::Run run = run_with(probe_of("recall", {{1, 1}, {8, 0.25}}, 4));
  run.cases[0].plan.label = "a|b";
  record::CaseRecord other = run.cases[0];
  other.plan.threads = 1;
  other.plan.id = static_cast<int>(run.cases.size());
  other.probes = {probe_of("recall", {{1, 0.5}, {8, 0.75}}, 4)};
  run.cases.push_back(other);
  const std::string text = tables(run);
  INFO(text);
  CHECK(has(
      text,
      "2 threads\n\nn = 256, 4 pairs:\n\n| series | 1 | 8 |\n| --- | ---: | ---: |\n| a\\|b | 1.0 "
      "| 0.25 |\n\n#### "));
  CHECK(has(
      text,
      "1 thread\n\nn = 256, 4 pairs:\n\n| series | 1 | 8 |\n| --- | ---: | ---: |\n| a\\|b | 0.50 "
      "| 0.75 |\n"));
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
