// The sentences of the answer that depend on the run.
#include "report/answer.h"

#include "catch.h"
#include "report/files.h"
#include "report/growth_table.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

Answer answer_of(const record::Run& run) {
  return make_answer(run, analyze::analyze(run));
}

/// Whether one of the lines holds all of `parts`.
bool says(const std::vector<std::string>& lines, const std::vector<std::string>& parts) {
  for (const std::string& line : lines) {
    bool all = true;
    for (const std::string& part : parts) all = all && line.find(part) != std::string::npos;
    if (all) return true;
  }
  return false;
}

bool says(const std::vector<Finding>& findings, const std::vector<std::string>& parts) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings) lines.push_back(finding_line(finding));
  return says(lines, parts);
}

bool says(const std::vector<Warning>& warnings, const std::vector<std::string>& parts) {
  std::vector<std::string> lines;
  for (const Warning& warning : warnings) lines.push_back(warning.text);
  return says(lines, parts);
}

TEST_CASE("The answer names growth, verdicts, the crossover, limits, rates and the check") {
  const Answer answer = answer_of(sample_run());
  CHECK(answer.partial.empty());
  CHECK(says(answer.findings, {"full: time grows as n^2.00 [", "the declared n^2 holds"}));
  CHECK(says(answer.findings,
             {"full: workspace grows as n^2.00 (exact)", "resident peak as n^2.00"}));
  CHECK(says(answer.findings, {"window 64: workspace stays at 64 KiB (exact)",
                               "resident peak stays below 1 MiB", "the declared n^0 holds"}));
  CHECK(says(answer.findings, {"window 64 is faster than full from n = 1024"}));
  CHECK(says(answer.findings, {"full: the largest n within the memory limit of 8 GiB is 15892",
                               "worst error of the check 1.2e-7 (0.031 of its bound)"}));
  CHECK(says(answer.findings, {"full: takes 125 ms", " at n = 4096, 137 GFLOP/s, ",
                               "% of the FMA peak of 2 threads"}));
  CHECK(says(answer.warnings, {"full", "skipped at n = 65536: needs 128 GiB"}));
  CHECK(says(answer.warnings, {"failed at n = 512: SIGSEGV"}));
}

TEST_CASE("If memory sets the roofline, a rate is compared with it") {
  record::Run run = sample_run();
  record::CaseRecord& largest = run.cases[4];
  // 5 FLOPs a byte; the bandwidths are 32 and 16 GB/s.
  largest.plan.traffic_bytes = largest.plan.flops / 5;
  CHECK(says(answer_of(run).findings,
             {"full: takes 125 ms",
              "137 GFLOP/s, 86 % of the roofline that the memory bandwidth "
              "of 2 threads sets. The percentage of the samples' own moments is not shown, because "
              "it is above 100 %"}));
  CHECK_FALSE(says(answer_of(run).findings, {"172 %"}));
  // It is unknown if the caches hold the traffic.
  for (record::Sample& s : largest.samples) s.noise.stream_gbs.reset();
  CHECK(says(answer_of(run).findings, {"full: takes 125 ms", "72 % of the FMA peak of 2 threads"}));
}

TEST_CASE("The fastest is named first, and a doubt about it is told") {
  record::Run run = sample_run();
  CHECK(says(answer_of(run).findings,
             {"Fastest at n = 4096: window 64, 4.00x [3.88, 4.13] as fast as the next, full."}));
  for (size_t i = 0; i < 9; ++i) run.cases[10].samples[i] = run.cases[4].samples[i];
  CHECK(says(answer_of(run).findings,
             {"Fastest at n = 4096: ", "which cannot be told apart (1.00x"}));
}

TEST_CASE("With fewer than six rounds nothing is called faster or fastest") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (!c.samples.empty()) c.samples.resize(5);
  const Answer answer = answer_of(run);
  CHECK_FALSE(says(answer.findings, {"is faster"}));
  CHECK_FALSE(says(answer.findings, {"astest"}));
  CHECK(says(answer.findings, {"Lowest median at n = 4096: window 64, then full, but too few "
                               "rounds for an interval (6 are needed): nothing is called"}));
  CHECK(
      says(answer.findings, {"window 64 has lower medians than full from n = 10",
                             "too few rounds for an interval (6 are needed): nothing is called"}));
  CHECK_FALSE(says(answer.findings, {"x as fast", "too few rounds"}));
  CHECK_FALSE(says(answer_of(sample_run()).findings, {"too few rounds"}));
}

TEST_CASE("If one size has too few rounds, no crossover is claimed") {
  record::Run run = sample_run();
  run.cases[0].samples.resize(5);
  CHECK(says(answer_of(run).findings, {"window 64 has lower medians than full", "too few rounds"}));
  CHECK(says(answer_of(run).findings, {"Fastest at n = 4096: window 64"}));
}

TEST_CASE("A run that timed nothing says first what to change") {
  record::Run run = sample_run();
  run.cases = {run.cases[5]};
  run.cases[0].plan.input_bytes = int64_t{64} << 30;
  run.patterns.clear();
  run.sentence = {};
  run.largest_fits.clear();
  const Answer answer = answer_of(run);
  CHECK(says({answer.findings[0]}, {"Nothing was timed. Of 1 case: 1 over the memory limit (needs "
                                    "128 GiB",
                                    "raise measure.memory_limit"}));
  run.cases.push_back(sample_case(run, "full", 256, 1e-3));
  CHECK_FALSE(says(answer_of(run).findings, {"Nothing was timed"}));
}

TEST_CASE("Nothing is said of a theory that was not evaluated") {
  record::Run run = sample_run();
  record::CaseRecord c = sample_case(run, "banded", 256, 1e-3);
  c.plan.outcome = record::Outcome::kSkipped;
  c.plan.reason = "head_dim is not 1";
  c.plan.theory = {};
  c.plan.input_bytes = 0;
  c.samples.clear();
  run.cases.push_back(c);
  const Answer answer = answer_of(run);
  CHECK(says(answer.findings, {"banded", "not measured at any size: head_dim is not 1."}));
  CHECK_FALSE(says(answer.findings, {"banded", "declared"}));
  const Cells row = growth_rows(run, analyze::analyze(run)).back();
  CHECK(row.front().find("banded") != std::string::npos);
  for (size_t i = 1; i < row.size(); ++i) CHECK(row[i] == "–");
}

TEST_CASE("A warning knows its cases") {
  const std::vector<Warning> warnings = answer_of(sample_run()).warnings;
  REQUIRE_FALSE(warnings.empty());
  CHECK(says(warnings, {"full: skipped at n = 65536"}));
  for (const Warning& warning : warnings)
    if (warning.text.find("skipped at n = 65536") != std::string::npos)
      CHECK(warning.cases == std::vector<int>{5});
}

TEST_CASE("A case whose later calls gave other bits is named") {
  record::Run run = sample_run();
  CHECK_FALSE(says(answer_of(run).warnings, {"other bits"}));
  run.cases[2].check->differing_outputs = 1;
  CHECK(
      says(answer_of(run).warnings, {"1 of 14 cases gave other bits in a later call with the same "
                                     "inputs, which the contract forbids",
                                     "full, ", "n=1024."}));
}

TEST_CASE("A noisy case gets a warning with its name") {
  record::Run run = sample_run();
  for (size_t i = 0; i < 9; ++i) run.cases[2].samples[i].time_s *= 1 + static_cast<double>(i) / 10;
  CHECK(says(answer_of(run).warnings,
             {"1 of 14 cases varies by more than 10 %", "full", "n=1024 by"}));
  CHECK_FALSE(says(answer_of(sample_run()).warnings, {"by more than 10 %"}));
}

TEST_CASE("A case above the FMA peak shows that the peak was measured too low") {
  record::Run run = sample_run();
  CHECK_FALSE(says(answer_of(run).warnings, {"above 100 %"}));
  for (record::Ceiling& c : run.ceilings) c.fma_gflops = 0.5;
  CHECK(says(answer_of(run).warnings, {"of 14 cases are above 100 % of the FMA peak", "is at"}));
  CHECK(says(answer_of(run).findings,
             {"percent of the FMA peak of 2 threads not shown", "the limit was measured too low"}));
}

TEST_CASE("A rate in bf16 is told beside the peak of bf16, and so is one above it") {
  record::Run run = sample_run();
  make_bf16(run, 0, 6);
  CHECK(says(answer_of(run).findings, {"137 GFLOP/s, 36 % of the bf16 peak of 2 threads (54 % of "
                                       "what it gave in the samples' own moments)"}));
  CHECK(says(answer_of(run).findings, {"window 64", "% of the FMA peak of 2 threads"}));
  run.ceilings.front().bf16_gflops = 0.5;
  CHECK(says(answer_of(run).warnings, {"5 of 14 cases are above 100 % of the bf16 peak, which"}));
  run.ceilings.front().fma_gflops = 0.5;
  CHECK(says(answer_of(run).warnings,
             {"10 of 14 cases are above 100 % of the FMA peak or the bf16 peak, which"}));
}

TEST_CASE("A sample whose moment gave less than the peak gets a warning with its case") {
  record::Run run = sample_run();
  const double peak = run.ceilings.front().fma_gflops;
  for (record::CaseRecord& c : run.cases)
    for (record::Sample& s : c.samples) s.noise.fma_gflops = peak;
  CHECK_FALSE(says(answer_of(run).warnings, {"of the FMA peak"}));
  run.cases[3].samples[0].noise.fma_gflops = 0.5 * peak;
  CHECK(says(answer_of(run).warnings, {"1 sample in 1 of 14 cases", "less than 85 %", "n=2048"}));
}

TEST_CASE("Samples on shared cores get a warning with their cases") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    for (record::Sample& s : c.samples) s.noise.issue_share = 0.96;
  CHECK_FALSE(says(answer_of(run).warnings, {"shared their cores"}));
  for (const size_t round : {2u, 5u}) run.cases[3].samples[round].noise.issue_share = 0.94;
  CHECK(says(answer_of(run).warnings,
             {"2 samples in 1 of 14 cases", "shared their cores", "95 %", "n=2048"}));
}

TEST_CASE("Samples that others disturbed get a warning with their cases") {
  record::Run run = sample_run();
  CHECK_FALSE(says(answer_of(run).warnings, {"steal"}));
  CHECK_FALSE(says(answer_of(run).warnings, {"pressure"}));
  CHECK_FALSE(says(answer_of(run).warnings, {"put aside"}));
  for (const size_t round : {2u, 5u}) run.cases[2].samples[round].noise.steal_s = 0.1;
  run.cases[3].samples[0].noise.cpu_pressure_s = 0.1;
  run.cases[4].samples[0].noise.involuntary_switches = 1000;
  CHECK(
      says(answer_of(run).warnings, {"2 samples in 1 of 14 cases", "steal above 5.0 %", "n=1024"}));
  CHECK(says(answer_of(run).warnings, {"1 sample in 1 of 14 cases", "pressure above", "n=2048"}));
  CHECK(says(answer_of(run).warnings, {"1 sample in 1 of 14 cases", "put aside", "n=4096"}));
}

TEST_CASE("A run on one problem names it once, and a run on two names it with every series") {
  record::Run run = sample_run();
  CHECK(
      says(answer_of(run).findings, {"Measured on 8 heads over 2 kv_heads, head_dim 64, causal"}));
  run.cases[0].plan.threads = 1;
  const Answer answer = answer_of(run);
  CHECK_FALSE(says(answer.findings, {"Measured on"}));
  CHECK(says(answer.findings, {"window 64, 8 heads", "2 threads: time grows"}));
}

TEST_CASE("An interrupted run is marked as partial before anything else") {
  record::Run run = sample_run();
  run.interrupted = "SIGINT";
  run.cases[4].plan.outcome = record::Outcome::kPending;
  const std::string words = "PARTIAL: interrupted by SIGINT: 13 of 14 cases finished";
  CHECK(answer_lines(run, analyze::analyze(run)).front() == words);
  CHECK(report_files(run)[2].text.rfind("**" + words + "**", 0) == 0);
}

TEST_CASE("With few sizes there is no verdict, and the reason says so") {
  record::Run run = sample_run();
  run.cases.erase(run.cases.begin() + 4, run.cases.end());
  CHECK(says(answer_of(run).findings,
             {"no verdict on the declared n^2: only 4 usable sizes, 5 are needed"}));
}

TEST_CASE("A run without cases, or without times, has reports") {
  record::Run run;
  run.name = "empty";
  CHECK(report_files(run)[2].text.find("No case, no answer.") != std::string::npos);
  run.cases.push_back(sample_setback(run, "full", 256, record::Outcome::kSkipped, "not supported"));
  CHECK(says(answer_of(run).findings, {"full: time has no fit; no verdict"}));
  CHECK(says(answer_of(run).findings, {"full: no valid time"}));
}

TEST_CASE("The answer of a run with many series is cut, and says so") {
  record::Run run = sample_run();
  for (int i = 0; i < 30; ++i)
    run.cases.push_back(sample_case(run, std::to_string(i) + "th", 256, 1e-3));
  CHECK(says(answer_of(run).findings, {"The growth table of report.md holds 9 more series."}));
}

TEST_CASE("No line of any file holds a control character or a bare tag") {
  for (const ReportFile& file : report_files(sample_run())) {
    CAPTURE(file.name);
    for (const char c : file.text) REQUIRE((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    if (file.name == "report.md") CHECK(file.text.find("\\<img") != std::string::npos);
    if (file.name == "report.md") CHECK(file.text.find(" <img") == std::string::npos);
  }
}

}  // namespace
}  // namespace attnbench::report
