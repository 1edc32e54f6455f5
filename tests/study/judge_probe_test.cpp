// Verdicts of claims on what probes found.
#include <catch2/catch.hpp>

#include "made_up_run.h"
#include "study/judge.h"

namespace attnbench::study {
namespace {

/// The influence at distances 1, 4 and 16, each with a range of a tenth to either side.
StudyRun probed(const std::vector<double>& influence) {
  const MadeUp run = MadeUp().add("rnn", {64, 128}, linear, [&](record::CaseRecord& c) {
    record::Probe probe{"influence", 8, "", {}};
    int64_t distance = 1;
    for (const double value : influence) {
      probe.points.push_back({distance, 0, value, 0.9 * value, 1.1 * value});
      distance *= 4;
    }
    c.probes = {probe};
  });
  return {"probe.json", "probe", run.run, run.analysis()};
}

Judged judged(const std::vector<double>& influence, const Rule& rule) {
  Claim c;
  c.quantity = "influence";
  c.of = pick("rnn");
  if (std::holds_alternative<Bounds>(rule)) c.of.distance = 0;
  c.rule = rule;
  Judged j = judge(c, {}, probed(influence));
  j.claim = nullptr;
  return j;
}

TEST_CASE("A trend of what a probe found is judged by the ranges over its seeds") {
  CHECK(judged({0.5, 0.1, 0.02}, Trend{false, "distance"}).verdict == Verdict::kHolds);
  CHECK(judged({0.02, 0.1, 0.5}, Trend{true, "distance"}).verdict == Verdict::kHolds);
  CHECK(judged({0.5, 0.1, 0.02}, Trend{true, "distance"}).reason ==
        "It falls from 0.50 at distance 1 to 0.10 at distance 4.");
  const Judged open = judged({0.5, 0.51, 0.5}, Trend{true, "distance"});
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason == "The first and the last value cannot be told apart.");
}

TEST_CASE("If the range over a probe's seeds reaches in and out of a claim, the reason says so") {
  const Judged open = judged({0.5, 0.1}, Bounds{{0.5, 1}});
  CHECK(open.verdict == Verdict::kCannotTell);
  CHECK(open.reason ==
        "The range over the probe's seeds reaches from what is claimed into what is not.");
  CHECK(judged({0.5, 0.1}, Bounds{{0.4, 1}}).verdict == Verdict::kHolds);
}

}  // namespace
}  // namespace attnbench::study
