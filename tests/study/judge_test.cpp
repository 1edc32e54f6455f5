// Verdicts of claims.
#include "study/judge.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "judged_claims.h"
#include "study/summary.h"

namespace attnbench::study {
namespace {

using record::CaseRecord;

TEST_CASE("A verdict has a name in words") {
  CHECK(std::string(words_of(Verdict::kHolds).name) == "holds");
  CHECK(std::string(words_of(Verdict::kDoesNotHold).name) == "does not hold");
  CHECK(std::string(words_of(Verdict::kCannotTell).name) == "cannot be told here");
}

TEST_CASE("A ratio holds if all of its interval is allowed, and not if none of it is") {
  const MadeUp run = two_series();  // 4.096, give or take a percent
  const Claim c = claim(Measure::kRatio, "time", at_least(4));
  const Judged holds = judged(c, run);
  CHECK(holds.claim == &c);
  CHECK(holds.verdict == Verdict::kHolds);
  CHECK(holds.asked == "at least 4x");
  CHECK(holds.reason.empty());
  CHECK(holds.evidence.words.starts_with("4.10x ["));
  const Judged below = judged(claim(Measure::kRatio, "time", at_least(5)), run);
  CHECK(below.verdict == Verdict::kDoesNotHold);
  CHECK(below.reason == "It lies below what is claimed.");
  const Judged above = judged(claim(Measure::kRatio, "time", Bounds{{1, 3.5}}), run);
  CHECK(above.verdict == Verdict::kDoesNotHold);
  CHECK(above.reason == "It lies above what is claimed.");
  CHECK(above.asked == "1x to 3.5x");
}

TEST_CASE("An interval that reaches in and out of what is allowed tells nothing") {
  const Judged j = judged(claim(Measure::kRatio, "time", at_least(4.096)), two_series());
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "The interval reaches from what is claimed into what is not.");
}

TEST_CASE("Noisy samples are told where they leave a claim open") {
  MadeUp run = two_series();
  for (size_t i = 0; i < 9; ++i)
    run.run.cases[4].samples[i].time_s *= 1 + 0.2 * (static_cast<double>(i) - 4) / 4;
  const Judged j = judged(claim(Measure::kRatio, "time", at_least(4.096)), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason ==
        "The interval reaches from what is claimed into what is not, and the samples are noisy: "
        "they scatter by more than 10 %.");
}

TEST_CASE("Too few rounds give no verdict, however clear the number is") {
  const MadeUp run =
      MadeUp().add("full", kLengths, squared, {}, 5).add("window", kLengths, linear, {}, 5);
  for (const Measure m :
       {Measure::kValue, Measure::kRatio, Measure::kGrowth, Measure::kCrossover}) {
    const Judged j = judged(claim(m, "time", at_least(1e-9)), run);
    CHECK(j.verdict == Verdict::kCannotTell);
    CHECK(j.reason == "Too few rounds for an interval (6 are needed).");
    CHECK(j.evidence.value);
  }
}

TEST_CASE("Exact numbers need no interval") {
  const MadeUp run = two_series();
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

TEST_CASE("A bound is met by a number that rounding alone keeps below it") {
  MadeUp run = two_series();
  for (CaseRecord& c : run.run.cases) c.quality = record::Quality{64, 0.25, 0.5, 1, 0.9, 0.58};
  const Claim c = claim(Measure::kValue, "percent_of_attention_mass", at_least(58));
  CHECK(*judged(c, run).evidence.value < 58);
  CHECK(verdict(c, run) == Verdict::kHolds);
}

TEST_CASE("A limit alone settles a claim only if all beyond it is allowed") {
  MadeUp run = two_series();
  run.run.largest_fits = {{0, int64_t{1} << 32}, {5, 1000}};
  CHECK(verdict(claim(Measure::kValue, "largest_n", at_least(1e6)), run) == Verdict::kHolds);
  CHECK(verdict(claim(Measure::kValue, "largest_n", at_most(1e6)), run) == Verdict::kDoesNotHold);
  const Judged open = judged(claim(Measure::kValue, "largest_n", Bounds{{1e6, 1e12}}), run);
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason ==
        "Only a limit of the number is known, and it may be what is claimed or not.");
}

TEST_CASE("A crossover beyond the lengths measured settles only claims within them") {
  Claim c = claim(Measure::kCrossover, "time", Bounds{{512, 2048}});
  c.of = pick("window");
  c.over = pick("full");
  CHECK(verdict(c, two_series()) == Verdict::kHolds);
  CHECK(judged(c, two_series()).asked == "n = 512 to n = 2048");
  std::swap(c.of, *c.over);
  CHECK(verdict(c, two_series()) == Verdict::kDoesNotHold);
  c.rule = Bounds{{512, 1e6}};
  const Judged open = judged(c, two_series());
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "It may lie beyond the lengths that were measured.");
  const MadeUp fast = MadeUp().add("window", kLengths, squared).add("full", kLengths, [](double n) {
    return squared(n) / 3;
  });
  const Judged before = judged(claim(Measure::kCrossover, "time", Bounds{{100, 1e6}}), fast);
  CHECK(before.verdict == Verdict::kCannotTell);
  CHECK(before.reason == "It may lie beyond the lengths that were measured.");
}

TEST_CASE("A claim of a run that was not made cannot be told") {
  const Judged j =
      judge(claim(Measure::kRatio, "time", at_least(5)), {}, {"time.json", "", {}, {}});
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "The config time.json was not measured here.");
}

TEST_CASE("What a run lacks is the reason why a claim cannot be told") {
  Claim c = claim(Measure::kValue, "time", at_most(1));
  c.of.seq_len = 8192;
  const Judged j = judged(c, two_series());
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "This run does not have that length; it has n = 256, 512, 1024, 2048, 4096.");
}

TEST_CASE("A reason is a sentence, in which a name stays as it is") {
  const auto reason = [](const Claim& c) { return judged(c, two_series()).reason; };
  CHECK(reason(claim(Measure::kGrowth, "largest_n", at_most(1))) ==
        "largest_n is one number, without a growth.");
  Claim c = claim(Measure::kValue, "time", at_most(1));
  c.of = pick("blocked");
  CHECK(reason(c) == "No series is called blocked; there are: full, window.");
  MadeUp skipped = two_series();
  for (CaseRecord& one : skipped.run.cases) {
    one.plan.outcome = record::Outcome::kSkipped;
    one.plan.reason = "It has no keys.";
  }
  CHECK(judged(claim(Measure::kCrossover, "time", at_most(1)), skipped).reason ==
        "At n = 4096: skipped: It has no keys.");
}

TEST_CASE("All claims of a study are judged by the run of their section") {
  Results results;
  Section time;
  time.id = "time";
  time.config = "time.json";
  time.claims = {claim(Measure::kRatio, "time", at_least(4)),
                 claim(Measure::kRatio, "time", at_least(5))};
  Section other = time;
  other.config = "loss.json";
  Section prose;
  results.study.sections = {time, other, prose};
  results.runs.push_back(measured(two_series()));
  results.runs.push_back({"loss.json", "", {}, {}});
  judge_all(results);
  judge_all(results);
  REQUIRE(results.sections.size() == 3);
  CHECK(results.sections[0].run == &results.runs[0]);
  CHECK(results.sections[0].section == &results.study.sections[0]);
  CHECK(results.sections[0].claims[0].verdict == Verdict::kHolds);
  CHECK(results.sections[0].claims[1].verdict == Verdict::kDoesNotHold);
  CHECK(results.sections[1].claims[0].reason == "The config loss.json was not measured here.");
  CHECK(results.sections[2].run == nullptr);
}

}  // namespace
}  // namespace attnbench::study
