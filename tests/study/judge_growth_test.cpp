// Verdicts of claims on how a quantity grows, rises or falls.
#include <catch2/catch.hpp>
#include <cmath>

#include "judged_claims.h"

namespace attnbench::study {
namespace {

using record::CaseRecord;

TEST_CASE("A growth is judged by its interval, as it is shown") {
  const MadeUp run = two_series();
  CHECK(verdict(claim(Measure::kGrowth, "time", Bounds{{1.9, 2.1}}), run) == Verdict::kHolds);
  CHECK(verdict(claim(Measure::kGrowth, "time", at_most(1.9)), run) == Verdict::kDoesNotHold);
  CHECK(verdict(claim(Measure::kGrowth, "time", at_least(2)), run) == Verdict::kHolds);
  CHECK(judged(claim(Measure::kGrowth, "time", at_most(1.9)), run).asked == "at most n^1.9");
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
        "It follows no single power of n, and the powers that come near it reach from what is "
        "claimed into what is not.");
}

TEST_CASE("The declared growth of time and memory is judged by the analysis") {
  const MadeUp run = two_series();
  const Judged time = judged(claim(Measure::kGrowth, "time", AsDeclared{}), run);
  CHECK(time.verdict == Verdict::kHolds);
  CHECK(time.asked == "n^2, as declared");
  CHECK(verdict(claim(Measure::kGrowth, "workspace_bytes", AsDeclared{}), run) == Verdict::kHolds);
  Claim window = claim(Measure::kGrowth, "time", AsDeclared{});
  window.of = pick("window");
  CHECK(verdict(window, run) == Verdict::kHolds);

  MadeUp slow = two_series();
  for (CaseRecord& c : slow.run.cases)
    for (record::Sample& s : c.samples) s.time_s *= std::sqrt(c.plan.seq_len());
  const Judged wrong = judged(claim(Measure::kGrowth, "time", AsDeclared{}), slow);
  CHECK(wrong.verdict == Verdict::kDoesNotHold);
  CHECK(wrong.reason ==
        "At these lengths the declared growth gives n^2.00, and the measured one is not within "
        "0.10 of it.");
  const Judged none = judged(claim(Measure::kGrowth, "steps", AsDeclared{}), run);
  CHECK(none.verdict == Verdict::kCannotTell);
  CHECK(none.reason == "The variant declares no growth of this quantity.");
}

TEST_CASE("A declared growth over too few sizes gives no verdict") {
  const MadeUp run = MadeUp().add("full", {256, 512, 1024, 2048}, squared);
  const Judged j = judged(claim(Measure::kGrowth, "time", AsDeclared{}), run);
  CHECK(j.verdict == Verdict::kCannotTell);
  CHECK(j.reason == "Only 4 usable sizes, 5 are needed.");
  const Judged bounds = judged(claim(Measure::kGrowth, "time", at_least(1)), run);
  CHECK(bounds.verdict == Verdict::kCannotTell);
  CHECK(bounds.reason == "Only 4 usable sizes, 5 are needed.");
  MadeUp skipped = two_series();
  skipped.run.cases[4].plan.outcome = record::Outcome::kSkipped;
  skipped.run.cases[4].plan.reason = "needs 5 GiB";
  skipped.run.cases[4].samples.clear();
  CHECK(judged(claim(Measure::kGrowth, "time", AsDeclared{}), skipped).reason ==
        "Only 4 usable sizes, 5 are needed; n = 4096: skipped: needs 5 GiB.");
}

TEST_CASE("In training the declared growth of memory is that of what is saved for backward") {
  const MadeUp run = MadeUp().add("full", kLengths, squared, [](CaseRecord& c) {
    c.plan.pass = record::Pass::kBoth;
    c.plan.saved_bytes = 8 * c.plan.seq_len();
    c.plan.theory = {{2, 0}, {1, 0}};
  });
  CHECK(verdict(claim(Measure::kGrowth, "saved_bytes", AsDeclared{}), run) == Verdict::kHolds);
  CHECK(judged(claim(Measure::kGrowth, "workspace_bytes", AsDeclared{}), run).reason ==
        "The variant declares no growth of this quantity.");
}

TEST_CASE("A trend holds, is contradicted by its ends or by a step, or cannot be told") {
  const MadeUp run = two_series();
  const Judged up = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), run);
  CHECK(up.verdict == Verdict::kHolds);
  CHECK(up.asked == "rises with n");
  const Judged down = judged(claim(Measure::kValue, "time", Trend{false, "seq_len"}), run);
  CHECK(down.verdict == Verdict::kDoesNotHold);
  CHECK(down.reason.starts_with("It rises from 65.5 µs at n = 256 to 262 µs"));
  const Judged same = judged(claim(Measure::kValue, "steps", Trend{true, "seq_len"}), run);
  CHECK(same.verdict == Verdict::kDoesNotHold);
  CHECK(same.reason == "The first and the last value are the same.");

  MadeUp bent = two_series();
  for (record::Sample& s : bent.run.cases[2].samples) s.time_s *= 100;
  const Judged step = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), bent);
  CHECK(step.verdict == Verdict::kDoesNotHold);
  CHECK(step.reason.starts_with("It falls from 105 ms at n = 1024"));

  const MadeUp flat = MadeUp().add("full", kLengths, [](double) { return 1e-3; });
  const Judged open = judged(claim(Measure::kValue, "time", Trend{true, "seq_len"}), flat);
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "The first and the last value cannot be told apart.");
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
  CHECK(j.reason == "Too few rounds for an interval (6 are needed).");
}

}  // namespace
}  // namespace attnbench::study
