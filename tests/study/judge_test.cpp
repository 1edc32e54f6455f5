// Verdicts of claims.
#include "study/judge.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "made_up_run.h"

namespace attnbench::study {
namespace {

using analyze::Interval;
using record::CaseRecord;

StudyRun measured(const MadeUp& made_up) {
  return {"time.json", "time", made_up.run, made_up.analysis()};
}

MadeUp full_and_window() {
  return MadeUp().add("full", kLengths, squared).add("window", kLengths, linear, [](CaseRecord& c) {
    c.plan.theory = {{1, 0}, {2, 0}};
    c.plan.flops = 128 * c.plan.seq_len();
  });
}

Claim claim(Measure measure, const std::string& quantity, const Rule& rule) {
  Claim c;
  c.measure = measure;
  c.quantity = quantity;
  c.of = pick("full");
  if (measure == Measure::kRatio || measure == Measure::kCrossover) c.over = pick("window");
  c.rule = rule;
  return c;
}

Bounds at_least(double low) {
  return {{low, HUGE_VAL}};
}
Bounds at_most(double high) {
  return {{-HUGE_VAL, high}};
}

Judged judged(const Claim& c, const MadeUp& run, const Study& study = {}) {
  return judge(c, study, measured(run));
}

Verdict verdict(const Claim& c, const MadeUp& run) {
  return judged(c, run).verdict;
}

TEST_CASE("A verdict has a name in words") {
  CHECK(std::string(verdict_name(Verdict::kHolds)) == "holds");
  CHECK(std::string(verdict_name(Verdict::kDoesNotHold)) == "does not hold");
  CHECK(std::string(verdict_name(Verdict::kCannotTell)) == "cannot be told here");
}

TEST_CASE("A ratio holds if all of its interval is allowed, and not if none of it is") {
  const MadeUp run = full_and_window();  // 4.096, give or take a percent
  const Claim c = claim(Measure::kRatio, "time", at_least(4));
  const Judged holds = judged(c, run);
  CHECK(holds.claim == &c);
  CHECK(holds.verdict == Verdict::kHolds);
  CHECK(holds.asked == "at least 4x");
  CHECK(holds.reason.empty());
  CHECK(holds.evidence.words.starts_with("4.10x ["));
  const Judged below = judged(claim(Measure::kRatio, "time", at_least(5)), run);
  CHECK(below.verdict == Verdict::kDoesNotHold);
  CHECK(below.reason == "it lies below what is claimed");
  const Judged above = judged(claim(Measure::kRatio, "time", Bounds{{1, 3.5}}), run);
  CHECK(above.verdict == Verdict::kDoesNotHold);
  CHECK(above.reason == "it lies above what is claimed");
  CHECK(above.asked == "1x to 3.5x");
}

TEST_CASE("An interval that reaches in and out of what is allowed tells nothing") {
  const Judged j = judged(claim(Measure::kRatio, "time", at_least(4.096)), full_and_window());
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "the interval reaches from what is claimed into what is not");
}

TEST_CASE("Noisy samples are told where they leave a claim open") {
  MadeUp run = full_and_window();
  for (size_t i = 0; i < 9; ++i)
    run.run.cases[4].samples[i].time_s *= 1 + 0.2 * (static_cast<double>(i) - 4) / 4;
  const Judged j = judged(claim(Measure::kRatio, "time", at_least(4.096)), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason ==
        "the interval reaches from what is claimed into what is not, and the samples are noisy: "
        "they scatter by more than 10 %");
}

TEST_CASE("Too few rounds give no verdict, however clear the number is") {
  const MadeUp run =
      MadeUp().add("full", kLengths, squared, {}, 5).add("window", kLengths, linear, {}, 5);
  for (const Measure m :
       {Measure::kValue, Measure::kRatio, Measure::kGrowth, Measure::kCrossover}) {
    const Judged j = judged(claim(m, "time", at_least(1e-9)), run);
    CHECK(j.verdict == Verdict::kCannotTell);
    CHECK(j.reason == "too few rounds for an interval (6 are needed)");
    CHECK(j.evidence.value);
  }
}

TEST_CASE("Exact numbers need no interval") {
  const MadeUp run = full_and_window();
  CHECK(verdict(claim(Measure::kValue, "workspace_bytes", at_most(8.0 * 4096 * 4096)), run) ==
        Verdict::kHolds);
  CHECK(verdict(claim(Measure::kValue, "workspace_bytes", at_most(8.0 * 4096 * 4096 - 1)), run) ==
        Verdict::kDoesNotHold);
  CHECK(judged(claim(Measure::kValue, "workspace_bytes", at_most(1 << 20)), run).asked ==
        "at most 1 MiB");
  CHECK(verdict(claim(Measure::kGrowth, "workspace_bytes", at_most(2)), run) == Verdict::kHolds);
  CHECK(verdict(claim(Measure::kGrowth, "workspace_bytes", at_least(2)), run) == Verdict::kHolds);
  CHECK(judged(claim(Measure::kValue, "steps", Bounds{{2, 2}}), run).asked == "exactly 2");
}

TEST_CASE("A growth is judged by its interval, as it is shown") {
  const MadeUp run = full_and_window();
  CHECK(verdict(claim(Measure::kGrowth, "time", Bounds{{1.9, 2.1}}), run) == Verdict::kHolds);
  CHECK(verdict(claim(Measure::kGrowth, "time", at_most(1.9)), run) == Verdict::kDoesNotHold);
  CHECK(verdict(claim(Measure::kGrowth, "time", at_least(2)), run) == Verdict::kHolds);
  CHECK(judged(claim(Measure::kGrowth, "time", at_most(1.9)), run).asked == "at most n^1.9");
}

TEST_CASE("A limit alone settles a claim only if all beyond it is allowed") {
  MadeUp run = full_and_window();
  run.run.largest_fits = {{0, int64_t{1} << 32}, {5, 1000}};
  CHECK(verdict(claim(Measure::kValue, "largest_n", at_least(1e6)), run) == Verdict::kHolds);
  CHECK(verdict(claim(Measure::kValue, "largest_n", at_most(1e6)), run) == Verdict::kDoesNotHold);
  const Judged open = judged(claim(Measure::kValue, "largest_n", Bounds{{1e6, 1e12}}), run);
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "only a limit of the number is known, and it may be what is claimed or not");
}

TEST_CASE("A counted growth that is no power of n is not told by the one that comes nearest") {
  const auto set = [](record::CaseRecord& c) {
    const int64_t n = c.plan.problem.kv_len;
    c.plan.workspace_bytes = 8 * n * n + 8000 * n;
  };
  const MadeUp run = MadeUp().add("full", kLengths, squared, set).add("window", kLengths, linear);
  const Judged j = judged(claim(Measure::kGrowth, "workspace_bytes", at_least(1.6)), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason ==
        "it follows no single power of n, and the powers that come near it reach from what is "
        "claimed into what is not");
}

TEST_CASE("A crossover beyond the lengths measured settles only claims within them") {
  Claim c = claim(Measure::kCrossover, "time", Bounds{{512, 2048}});
  c.of = pick("window");
  c.over = pick("full");
  CHECK(verdict(c, full_and_window()) == Verdict::kHolds);
  CHECK(judged(c, full_and_window()).asked == "n = 512 to n = 2048");
  std::swap(c.of, *c.over);
  CHECK(verdict(c, full_and_window()) == Verdict::kDoesNotHold);
  c.rule = Bounds{{512, 1e6}};
  const Judged open = judged(c, full_and_window());
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "it may lie beyond the lengths that were measured");
}

TEST_CASE("The declared growth of time and memory is judged by the analysis") {
  const MadeUp run = full_and_window();
  const Judged time = judged(claim(Measure::kGrowth, "time", AsDeclared{}), run);
  CHECK(time.verdict == Verdict::kHolds);
  CHECK(time.asked == "n^2, as declared");
  CHECK(verdict(claim(Measure::kGrowth, "workspace_bytes", AsDeclared{}), run) == Verdict::kHolds);
  Claim window = claim(Measure::kGrowth, "time", AsDeclared{});
  window.of = pick("window");
  CHECK(verdict(window, run) == Verdict::kHolds);

  MadeUp slow = full_and_window();
  for (CaseRecord& c : slow.run.cases)
    for (record::Sample& s : c.samples) s.time_s *= std::sqrt(c.plan.seq_len());
  const Judged wrong = judged(claim(Measure::kGrowth, "time", AsDeclared{}), slow);
  CHECK(wrong.verdict == Verdict::kDoesNotHold);
  CHECK(wrong.reason ==
        "at these lengths the declared growth gives n^2.00, and the measured one is not within "
        "0.10 of it");
  const Judged none = judged(claim(Measure::kGrowth, "steps", AsDeclared{}), run);
  CHECK(none.verdict == Verdict::kCannotTell);
  CHECK(none.reason == "the variant declares no growth of this quantity");
}

TEST_CASE("A declared growth over too few sizes gives no verdict") {
  const MadeUp run = MadeUp().add("full", {256, 512, 1024, 2048}, squared);
  const Judged j = judged(claim(Measure::kGrowth, "time", AsDeclared{}), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "only 4 usable sizes, 5 are needed");
}

TEST_CASE("A trend holds, is contradicted by its ends or by a step, or cannot be told") {
  const MadeUp run = full_and_window();
  const Judged up = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), run);
  CHECK(up.verdict == Verdict::kHolds);
  CHECK(up.asked == "rises with n");
  const Judged down = judged(claim(Measure::kValue, "time", Trend{false, "seq_len"}), run);
  CHECK(down.verdict == Verdict::kDoesNotHold);
  CHECK(down.reason.starts_with("it rises from 65.5 µs at n = 256 to 262 µs"));
  const Judged same = judged(claim(Measure::kValue, "steps", Trend{true, "seq_len"}), run);
  CHECK(same.verdict == Verdict::kDoesNotHold);
  CHECK(same.reason == "the first and the last value are the same");

  MadeUp bent = full_and_window();
  for (record::Sample& s : bent.run.cases[2].samples) s.time_s *= 100;
  const Judged step = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), bent);
  CHECK(step.verdict == Verdict::kDoesNotHold);
  CHECK(step.reason.starts_with("it falls from 105 ms at n = 1024"));

  const MadeUp flat = MadeUp().add("full", kLengths, [](double) { return 1e-3; });
  const Judged open = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), flat);
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "the first and the last value cannot be told apart");
}

TEST_CASE("A trend of steps without clear ends is contradicted by its ends alone") {
  // Each step is hidden by its noise of about 1 %, and all steps together are not.
  const MadeUp slow =
      MadeUp().add("full", kLengths, [](double n) { return 1e-3 / (1 + 0.01 * std::log2(n)); });
  const Judged j = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), slow);
  CHECK(j.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A trend with too few rounds gives no verdict") {
  const MadeUp run = MadeUp().add("full", kLengths, squared, {}, 5);
  const Judged j = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "too few rounds for an interval (6 are needed)");
}

/// A table in which full takes four times as long at twice the length, and window twice.
Study with_table() {
  Study study;
  PublishedTable table;
  table.file = "table.json";
  table.unit = "ms";
  table.quantity = "time";
  table.rows = {{"PyTorch", {}, {{512, 0.26}, {1024, 1.04}, {2048, 4.16}, {4096, 16.64}}, {8192}},
                {"Longformer", {}, {{512, 0.5}, {1024, 1}, {2048, 2}, {4096, 4}, {8192, 8}}}};
  study.tables.push_back(table);
  return study;
}

TEST_CASE("A ratio is judged by the published one, up to a factor") {
  const Study study = with_table();
  Claim c = claim(Measure::kRatio, "time", AsPublished{"table.json", "PyTorch", "Longformer"});
  const Judged j = judged(c, full_and_window(), study);
  CHECK(j.verdict == Verdict::kHolds);
  REQUIRE(j.published);
  CHECK(j.published->words == "4.16x");
  CHECK(j.asked == "2.08x to 8.32x, within a factor of 2 of the published 4.16x at n = 4096");
  std::get<AsPublished>(c.rule).seq_len = 512;
  CHECK(judged(c, full_and_window(), study).verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A growth is judged by the published exponent, give or take") {
  const Study study = with_table();
  Claim c = claim(Measure::kGrowth, "time", AsPublished{"table.json", "PyTorch"});
  const Judged j = judged(c, full_and_window(), study);
  CHECK(j.verdict == Verdict::kHolds);
  CHECK(j.asked == "n^1.70 to n^2.30, within 0.3 of the published n^2.00 over n = 512 to 4096");
  c.of = pick("window");
  CHECK(judged(c, full_and_window(), study).verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A claim without its published number cannot be told") {
  const Study study = with_table();
  const auto reason = [&](const AsPublished& rule) {
    const Judged j = judged(claim(Measure::kRatio, "time", rule), full_and_window(), study);
    CHECK(j.verdict == Verdict::kCannotTell);
    return j.reason;
  };
  CHECK(reason({"other.json", "PyTorch", "Longformer"}) == "the study has no table other.json");
  CHECK(reason({"table.json", "PyTorch", "Reformer"}) ==
        "no published number: table.json has no series called Reformer");
}

TEST_CASE("A claim of a run that was not made cannot be told") {
  const Judged j =
      judge(claim(Measure::kRatio, "time", at_least(5)), {}, {"time.json", "", {}, {}});
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "time.json was not measured here");
}

TEST_CASE("What a run lacks is the reason why a claim cannot be told") {
  Claim c = claim(Measure::kValue, "time", at_most(1));
  c.of.seq_len = 8192;
  const Judged j = judged(c, full_and_window());
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "this run does not have that length; it has n = 256, 512, 1024, 2048, 4096");
}

TEST_CASE("All claims of a study are judged by the run of their section") {
  Results results;
  results.study = with_table();
  Section time;
  time.id = "time";
  time.config = "time.json";
  time.claims = {claim(Measure::kRatio, "time", at_least(4)),
                 claim(Measure::kRatio, "time", at_least(5))};
  Section other = time;
  other.config = "loss.json";
  Section prose;
  results.study.sections = {time, other, prose};
  results.runs.push_back(measured(full_and_window()));
  results.runs.push_back({"loss.json", "", {}, {}});
  judge_all(results);
  judge_all(results);
  REQUIRE(results.sections.size() == 3);
  CHECK(results.sections[0].run == &results.runs[0]);
  CHECK(results.sections[0].section == &results.study.sections[0]);
  CHECK(results.sections[0].claims[0].verdict == Verdict::kHolds);
  CHECK(results.sections[0].claims[1].verdict == Verdict::kDoesNotHold);
  CHECK(results.sections[1].claims[0].reason == "loss.json was not measured here");
  CHECK(results.sections[2].run == nullptr);
}

}  // namespace
}  // namespace attnbench::study
