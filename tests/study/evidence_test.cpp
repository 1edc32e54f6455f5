// What a run says of a claim: values, ratios, growth and crossovers.
#include "study/evidence.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "analyze/pairs.h"
#include "claims_on_runs.h"

namespace attnbench::study {
namespace {

using record::CaseRecord;
using record::Outcome;

TEST_CASE("A time is told with the interval of its median, at the largest length that has one") {
  MadeUp run = full_and_window();
  skip(run.run.cases[4], "needs 5 GiB");
  const Evidence e = found(claim(Measure::kValue, "time", pick("full")), run);
  CHECK(*e.value == Approx(1e-9 * 2048 * 2048));
  REQUIRE(e.interval);
  CHECK(e.interval->low < *e.value);
  CHECK(e.interval->high > *e.value);
  CHECK(e.certainty == Certainty::kMeasured);
  CHECK(e.words == "4.19 ms [4.16 ms, 4.23 ms]");
  CHECK(e.where == "at n = 2048");
  CHECK(e.cases == std::vector<int>{3});
  CHECK(e.reason.empty());
}

TEST_CASE("A time that is missing says why") {
  MadeUp run = full_and_window();
  skip(run.run.cases[4], "needs 5 GiB");
  run.run.cases[3].plan.outcome = Outcome::kInvalid;
  run.run.cases[3].plan.reason = "NaN at row 3";
  run.run.cases[2].plan.outcome = Outcome::kPending;
  run.run.cases[2].samples.clear();
  const auto at = [&](int64_t n) {
    Pick p = pick("full");
    p.seq_len = n;
    return found(claim(Measure::kValue, "time", p), run);
  };
  CHECK(at(4096).reason == "skipped: needs 5 GiB");
  CHECK(at(2048).reason == "invalid: NaN at row 3");
  CHECK(at(1024).reason == "not measured: the run ended before");
  CHECK(at(8192).reason ==
        "this run does not have that length; it has n = 256, 512, 1024, 2048, 4096");
  CHECK(at(8192).where == "at n = 8192");
  CHECK_FALSE(at(8192).value);
  CHECK(at(512).value);
}

TEST_CASE("Too few rounds give a value without an interval, and say so") {
  const MadeUp run = MadeUp().add("full", kLengths, squared, {}, 5).add("window", kLengths, linear);
  const std::string reason = "too few rounds for an interval (6 are needed)";
  const Evidence value = found(claim(Measure::kValue, "time", pick("full")), run);
  CHECK(value.value);
  CHECK_FALSE(value.interval);
  CHECK(value.reason == reason);
  for (const Measure measure : {Measure::kRatio, Measure::kCrossover, Measure::kGrowth}) {
    const Evidence e = found(claim(measure, "time", pick("full"), pick("window")), run);
    CHECK(e.value);
    CHECK(e.reason == reason);
  }
}

TEST_CASE("Counted numbers are exact and have no interval") {
  const Evidence e =
      found(claim(Measure::kValue, "workspace_bytes", pick("full")), full_and_window());
  CHECK(*e.value == 8.0 * 4096 * 4096);
  CHECK(e.certainty == Certainty::kExact);
  CHECK_FALSE(e.interval);
  CHECK(e.words == "128 MiB");
  CHECK(e.reason.empty());
}

TEST_CASE("A skipped case still knows its workspace, but not if its variant does not support it") {
  MadeUp run = full_and_window();
  skip(run.run.cases[4], "needs 5 GiB");
  const Claim c = claim(Measure::kValue, "workspace_bytes", pick("full"));
  CHECK(found(c, run).where == "at n = 4096");
  run.run.cases[4].plan.input_bytes = 0;
  CHECK(found(c, run).where == "at n = 2048");
}

TEST_CASE("A case that ran wrong shows no heap peak, but its workspace is known") {
  MadeUp run = full_and_window();
  CaseRecord& c = run.run.cases[4];
  c.memory.heap_peak_bytes = 4096;
  c.plan.outcome = Outcome::kInvalid;
  c.plan.reason = "NaN at row 3";
  Pick largest = pick("full");
  largest.seq_len = 4096;
  const Evidence e = found(claim(Measure::kValue, "heap_peak_bytes", largest), run);
  CHECK_FALSE(e.value);
  CHECK(e.reason == "invalid: NaN at row 3");
  CHECK(found(claim(Measure::kValue, "workspace_bytes", largest), run).value);
}

TEST_CASE("A ratio of times is that of the report, at the largest length of both") {
  MadeUp run = full_and_window();
  skip(run.run.cases[9], "needs 5 GiB");
  const Evidence e = found(claim(Measure::kRatio, "time", pick("full"), pick("window")), run);
  const analyze::Analysis analysis = run.analysis();
  const analyze::CaseRatio& known = analysis.groups.front().ratios.back();
  CHECK(*e.value == Approx(2.048));
  CHECK(*e.value == known.ratio.value);
  REQUIRE(e.interval);
  CHECK(e.interval->low == known.ratio.interval->low);
  CHECK(e.interval->high == known.ratio.interval->high);
  CHECK(e.where == "at n = 2048");
  CHECK(e.words.starts_with("2.05x ["));
  CHECK(e.cases == std::vector<int>{3, 8});
}

TEST_CASE("A ratio may compare two lengths of one series") {
  Pick small = pick("full"), large = pick("full");
  small.seq_len = 1024;
  large.seq_len = 4096;
  const Evidence e = found(claim(Measure::kRatio, "time", large, small), full_and_window());
  CHECK(*e.value == Approx(16));
  CHECK(e.where == "at n = 4096, over that at n = 1024");
}

TEST_CASE("A ratio of exact numbers is exact") {
  const MadeUp run =
      MadeUp().add("full", kLengths, squared).add("window", kLengths, linear, [](CaseRecord& c) {
        c.plan.workspace_bytes = 1 << 20;
      });
  const Evidence e =
      found(claim(Measure::kRatio, "workspace_bytes", pick("full"), pick("window")), run);
  CHECK(*e.value == 128);
  CHECK_FALSE(e.interval);
  CHECK(e.certainty == Certainty::kExact);
  CHECK(e.words == "128x");
}

TEST_CASE("A ratio says what is missing") {
  MadeUp run = full_and_window();
  for (int i = 5; i < 10; ++i) skip(run.run.cases[i], "it needs causal");
  const Evidence e = found(claim(Measure::kRatio, "time", pick("full"), pick("window")), run);
  CHECK_FALSE(e.value);
  CHECK(e.reason == "skipped: it needs causal");
  MadeUp apart = MadeUp().add("full", {256, 512}, squared).add("window", {1024}, linear);
  CHECK(found(claim(Measure::kRatio, "time", pick("full"), pick("window")), apart).reason ==
        "no length has both");
  MadeUp none =
      MadeUp().add("full", kLengths, squared).add("window", kLengths, linear, [](CaseRecord& c) {
        c.plan.workspace_bytes = 0;
      });
  CHECK(
      found(claim(Measure::kRatio, "workspace_bytes", pick("full"), pick("window")), none).reason ==
      "there is no ratio over 0");
}

TEST_CASE("The growth of a time is that of the analysis") {
  const MadeUp run = full_and_window();
  const Evidence e = found(claim(Measure::kGrowth, "time", pick("full")), run);
  const analyze::Fit fit = *run.analysis().series.front().time.time.fit;
  CHECK(*e.value == fit.slope);
  CHECK(e.interval->low == fit.interval.low);
  CHECK(e.words == "n^2.00 [2.00, 2.00]");
  CHECK(e.where == "over n = 256 to 4096");
  CHECK(e.cases == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(e.reason.empty());
}

TEST_CASE("The growth of memory is exact") {
  const Evidence e =
      found(claim(Measure::kGrowth, "workspace_bytes", pick("full")), full_and_window());
  CHECK(*e.value == Approx(2));
  CHECK(e.words == "n^2.00");
  CHECK_FALSE(e.interval);
  CHECK(e.certainty == Certainty::kExact);
}

TEST_CASE("Other exact numbers have a growth as well, and constant ones grow as n^0") {
  const MadeUp run = MadeUp().add("rnn", kLengths, linear, [](CaseRecord& c) {
    c.plan.steps = c.plan.seq_len();
    c.plan.output_bytes = 0;
  });
  CHECK(found(claim(Measure::kGrowth, "steps", pick("rnn")), run).words == "n^1.00");
  CHECK(found(claim(Measure::kGrowth, "path", pick("rnn")), run).words == "n^0.00");
  CHECK(found(claim(Measure::kGrowth, "output_bytes", pick("rnn")), run).words == "n^0.00");
}

TEST_CASE("A growth over too few sizes says so, and what became of the others") {
  MadeUp run = full_and_window();
  skip(run.run.cases[4], "needs 5 GiB");
  const Evidence e = found(claim(Measure::kGrowth, "time", pick("full")), run);
  CHECK(e.value);
  CHECK(e.reason == "only 4 usable sizes, 5 are needed; n = 4096: skipped: needs 5 GiB");
  run.run.cases[3].plan.outcome = Outcome::kPending;
  run.run.cases[3].samples.clear();
  run.run.cases[0].plan.outcome = Outcome::kTimeout;
  run.run.cases[0].plan.reason = "after 60 s";
  skip(run.run.cases[1], "needs 5 GiB");
  CHECK(found(claim(Measure::kGrowth, "time", pick("full")), run).reason ==
        "only 1 usable size, 5 are needed; n = 2048: not measured: the run ended before; n = 512, "
        "4096: skipped: needs 5 GiB; n = 256: timeout: after 60 s");
  const MadeUp two = MadeUp().add("full", {256, 512}, squared);
  CHECK_FALSE(found(claim(Measure::kGrowth, "time", pick("full")), two).value);
}

TEST_CASE("A growth leaves out what has no logarithm, and says so if too little is left") {
  const MadeUp run = MadeUp().add("rnn", {1, 2, 4, 8, 16}, linear, [](CaseRecord& c) {
    c.plan.steps = c.plan.seq_len();
    c.plan.output_bytes = std::max<int64_t>(0, c.plan.seq_len() - 2);
  });
  CHECK(found(claim(Measure::kGrowth, "steps", pick("rnn")), run).reason ==
        "only 4 usable sizes, 5 are needed; n = 1: a fit in log(n) starts at n = 2");
  const std::string reason =
      found(claim(Measure::kGrowth, "output_bytes", pick("rnn")), run).reason;
  CHECK(reason ==
        "only 3 usable sizes, 5 are needed; n = 1: a fit in log(n) starts at n = 2; n = 2: a fit "
        "in logarithms needs numbers above 0");
}

TEST_CASE("What a forward pass saves for backward has no growth, and the reason says why") {
  const Evidence e = found(claim(Measure::kGrowth, "saved_bytes", pick("full")), full_and_window());
  CHECK_FALSE(e.value);
  CHECK(e.reason == "a forward pass alone keeps nothing for backward");
}

TEST_CASE("A rate has the interval of the time that it comes from") {
  const MadeUp run = full_and_window();
  const Evidence e = found(claim(Measure::kValue, "tokens_per_s", pick("full")), run);
  const analyze::Summary& time = *run.analysis().cases[4].time_s;
  CHECK(*e.value == Approx(4096 / time.median));
  REQUIRE(e.interval);
  CHECK(e.interval->low == Approx(4096 / time.interval->high));
  CHECK(e.interval->high == Approx(4096 / time.interval->low));
}

TEST_CASE("The speed-up by threads has its own interval") {
  const auto with_threads = [](int threads) {
    return [threads](CaseRecord& c) { c.plan.threads = threads; };
  };
  const MadeUp run =
      MadeUp()
          .add("full", kLengths, squared, with_threads(1))
          .add(
              "full", kLengths, [](double n) { return squared(n) / 1.8; }, with_threads(2));
  const Evidence e =
      found(claim(Measure::kValue, "thread_speedup", pick("full", {{"threads", int64_t{2}}})), run);
  CHECK(*e.value == Approx(1.8));
  REQUIRE(e.interval);
  CHECK(e.words.starts_with("1.80x ["));
  CHECK(found(claim(Measure::kValue, "thread_speedup", pick("full")), full_and_window()).reason ==
        "the run has one number of threads");
}

TEST_CASE("Only a time has a crossover, and only what has lengths a growth") {
  const MadeUp run = full_and_window();
  CHECK_FALSE(
      found(claim(Measure::kCrossover, "workspace_bytes", pick("full"), pick("window")), run)
          .reason.empty());
  CHECK(found(claim(Measure::kGrowth, "largest_n", pick("full")), run).reason ==
        "largest_n is one number, without a growth");
}

TEST_CASE("A pick that names no series is the reason") {
  CHECK(found(claim(Measure::kValue, "time", pick("blocked")), full_and_window()).reason ==
        "no series is called blocked; there are: full, window");
  CHECK(found(claim(Measure::kRatio, "time", pick("full"), pick("blocked")), full_and_window())
            .reason == "no series is called blocked; there are: full, window");
}

TEST_CASE("A path that no layers complete has no number, and says so") {
  const MadeUp run = MadeUp().add("chunked", kLengths, linear, [](CaseRecord& c) {
    c.plan.path.reset();
    c.plan.path_reason = record::kNever;
  });
  const Evidence e = found(claim(Measure::kValue, "path", pick("chunked")), run);
  CHECK_FALSE(e.value);
  CHECK(e.reason.starts_with("never: "));
}

TEST_CASE("The walls are exact, and at least a limit if the search ended there") {
  MadeUp run = full_and_window();
  run.run.memory_limit_bytes = int64_t{8} << 30;
  run.run.largest_fits = {{0, 15892}, {5, int64_t{1} << 32}};
  const Evidence full = found(claim(Measure::kValue, "largest_n", pick("full")), run);
  CHECK(*full.value == 15892);
  CHECK(full.words == "15892");
  CHECK(full.where == "within 8 GiB");
  CHECK(full.certainty == Certainty::kExact);
  const Evidence window = found(claim(Measure::kValue, "largest_n", pick("window")), run);
  CHECK(window.words == "4294967296 or more");
  CHECK(std::isinf(window.interval->high));
  const Evidence ratio =
      found(claim(Measure::kRatio, "largest_n", pick("window"), pick("full")), run);
  CHECK(ratio.interval->low == Approx(0x1p32 / 15892));
  CHECK(std::isinf(ratio.interval->high));
  CHECK(found(claim(Measure::kValue, "largest_batch", pick("full")), run).reason ==
        "the run knows the largest batch of training passes only");
}

TEST_CASE("Distances, masses and what inputs are like are computed") {
  MadeUp run = MadeUp().add("window", kLengths, linear, [](CaseRecord& c) {
    c.quality = record::Quality{64, 0.25, 0.5, 1, 0.9, 0.58};
  });
  record::InputStatistics inputs;
  inputs.case_id = 4;
  inputs.effective_keys = 1875;
  inputs.effective_share = 0.61;
  inputs.near = {{1, 0.0003}, {16, 0.005}};
  run.run.input_statistics = {inputs};
  const auto of = [&](const std::string& quantity) {
    return found(claim(Measure::kValue, quantity, pick("window")), run);
  };
  CHECK(of("percent_of_attention_mass").words == "58 %");
  CHECK(of("distance_relative_error").words == "0.25");
  CHECK(of("distance_relative_error").certainty == Certainty::kComputed);
  CHECK(*of("effective_keys").value == 1875);
  CHECK(of("nearest_16_keys_mass").words == "0.0050");
  CHECK(of("nearest_64_keys_mass").reason ==
        "the sequence is too short for it, or the keys are all zero");
  run.run.cases[4].quality = record::Quality{.reason = "a baseline has no distance"};
  Pick largest = pick("window");
  largest.seq_len = 4096;
  CHECK(found(claim(Measure::kValue, "distance_cosine", largest), run).reason ==
        "a baseline has no distance");
}

}  // namespace
}  // namespace attnbench::study
