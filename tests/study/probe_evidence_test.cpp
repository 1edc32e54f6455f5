// What probes say of a claim, and trends.
#include <catch2/catch.hpp>

#include "made_up_run.h"
#include "study/evidence.h"
#include "study/measures.h"

namespace attnbench::study {
namespace {

using record::CaseRecord;

/// Influence fades as 1 / distance, with a range of a tenth to either side.
void probe(CaseRecord& c) {
  record::Probe influence{"influence", 8, "", {}};
  for (const int64_t d : {1, 4, 16, 64}) {
    const double value = 0.5 / static_cast<double>(d);
    influence.points.push_back({d, 0, value, 0.9 * value, 1.1 * value});
  }
  record::Probe recall{"recall", 16, "", {}};
  for (const int64_t d : {1, 64})
    for (const int64_t pairs : {4, 16})
      recall.points.push_back({d, pairs, 1 - 0.01 * static_cast<double>(pairs), 0.8, 1});
  c.probes = {influence, recall};
}

MadeUp probed() {
  return MadeUp().add("rnn", {64, 128}, linear, probe);
}

Claim value(const std::string& quantity, int64_t distance) {
  Claim c;
  c.quantity = quantity;
  c.of = pick("rnn");
  c.of.distance = distance;
  c.rule = Bounds{{0, 1}};
  return c;
}

Evidence found(const Claim& c, const MadeUp& made_up) {
  return find_evidence(c, made_up.run, made_up.analysis());
}

TEST_CASE("A probe is read at the nearest distance tried, with the range over its seeds") {
  const Evidence e = found(value("influence", 13), probed());
  CHECK(*e.value == 0.03125);
  CHECK(e.interval->low == 0.9 * 0.03125);
  CHECK(e.interval->high == 1.1 * 0.03125);
  CHECK(e.words == "0.031 [0.028, 0.034]");
  CHECK(e.where == "at n = 128, distance 16 (of those tried the nearest to 13)");
  // 9 is nearer to 16 than to 4 in equal ratios, 7 is not.
  CHECK(found(value("influence", 9), probed()).where.find("distance 16") != std::string::npos);
  CHECK(found(value("influence", 7), probed()).where.find("distance 4") != std::string::npos);
}

TEST_CASE("A probe is read at the nearest and at the farthest distance by name") {
  CHECK(found(value("influence", 0), probed()).where == "at n = 128, distance 1");
  CHECK(found(value("influence", -1), probed()).where == "at n = 128, distance 64");
}

TEST_CASE("Recall is read at the most pairs, or at those that the claim names") {
  Claim c = value("recall", 0);
  CHECK(*found(c, probed()).value == Approx(0.84));
  CHECK(found(c, probed()).where == "at n = 128, distance 1, 16 pairs");
  c.of.pairs = 4;
  CHECK(*found(c, probed()).value == Approx(0.96));
  c.of.pairs = 5;
  CHECK(found(c, probed()).reason == "the probe did not plant 5 pairs");
}

TEST_CASE("A probe without points, or with too few seeds for an interval, says so") {
  MadeUp run = probed();
  run.run.cases[1].probes[0].seeds = 5;
  const Evidence one = found(value("influence", 1), run);
  CHECK(one.value);
  CHECK_FALSE(one.interval);
  CHECK(one.reason == "the probe had 5 seeds; 6 are needed to tell how far chance moves it");
  for (CaseRecord& c : run.run.cases) c.probes[1] = {"recall", 16, "it has no keys", {}};
  CHECK(found(value("recall", 1), run).reason == "it has no keys");
  CHECK(found(value("memory", 1), run).reason == "this case was not probed");
}

TEST_CASE("A ratio of what a probe found has an interval by the ranges of both") {
  Claim c = value("influence", 0);
  c.measure = Measure::kRatio;
  c.over = c.of;
  c.over->distance = -1;
  const Evidence e = found(c, probed());
  CHECK(*e.value == Approx(64));
  CHECK(e.interval->low == Approx(64 * 0.9 / 1.1));
  CHECK(e.interval->high == Approx(64 * 1.1 / 0.9));
}

TEST_CASE("In a ratio the second series is read at the distance and pairs of the first") {
  Claim c = value("influence", 1);
  c.measure = Measure::kRatio;
  c.of.seq_len = 128;
  c.over = pick("rnn");
  c.over->seq_len = 64;
  CHECK(*found(c, probed()).value == 1);
  c.quantity = "recall";
  c.of.pairs = 4;
  CHECK(*found(c, probed()).value == 1);
}

TEST_CASE("The growth of what a probe found includes the range over its seeds") {
  const MadeUp run = MadeUp().add("rnn", kLengths, linear, [](CaseRecord& c) {
    const double value = 10 / static_cast<double>(c.plan.seq_len());
    c.probes = {{"influence", 8, "", {{1, 0, value, 0.9 * value, 1.1 * value}}}};
  });
  Claim c = value("influence", 1);
  c.measure = Measure::kGrowth;
  const Evidence e = found(c, run);
  CHECK(*e.value == Approx(-1));
  CHECK(e.interval->low < -1.02);
  CHECK(e.interval->high > -0.98);
}

Evidence trend(const std::string& quantity, const std::string& along, bool rises,
               const MadeUp& made_up, const Pick& of = pick("rnn")) {
  Claim c;
  c.quantity = quantity;
  c.of = of;
  c.rule = Trend{rises, along};
  return found(c, made_up);
}

TEST_CASE("A trend along the distance is the last value over the first") {
  const Evidence e = trend("influence", "distance", false, probed());
  CHECK(*e.value == Approx(1.0 / 64));
  CHECK(e.interval->high == Approx(1.0 / 64 * 1.1 / 0.9));
  CHECK(e.words == "0.50 to 0.0078 (0.0156x [0.0128, 0.0191])");
  CHECK(e.where == "from distance 1 to 64 at n = 128");
  CHECK(e.against.empty());
}

TEST_CASE("A step that clearly goes the other way speaks against a trend") {
  MadeUp run = probed();
  run.run.cases[1].probes[0].points[2] = {16, 0, 0.3, 0.28, 0.33};
  CHECK(trend("influence", "distance", false, run).against ==
        "it rises from 0.12 at distance 4 to 0.30 at distance 16");
  run.run.cases[1].probes[0].points[2] = {16, 0, 0.13, 0.12, 0.33};
  CHECK(trend("influence", "distance", false, run).against.empty());
}

TEST_CASE("A trend along the lengths compares times by their samples") {
  const Evidence e = trend("time", "seq_len", true, MadeUp().add("rnn", kLengths, linear));
  CHECK(*e.value == Approx(16));
  CHECK(e.interval->low > 15.5);
  CHECK(e.where == "from n = 256 to 4096");
  CHECK(e.words.starts_with("256 µs to 4.10 ms (16.0x ["));
  CHECK(e.cases.size() == 5);
}

MadeUp with_threads() {
  MadeUp run;
  for (const int threads : {2, 1})
    run.add(
        "rnn", kLengths, [=](double n) { return 1e-6 * n / threads; },
        [=](CaseRecord& c) { c.plan.threads = threads; });
  return run;
}

TEST_CASE("A trend along an axis compares series at the largest length of all") {
  MadeUp run = with_threads();
  run.run.cases[4].plan.outcome = record::Outcome::kTimeout;
  const Evidence e = trend("time", "threads", false, run);
  CHECK(*e.value == Approx(0.5));
  CHECK(e.where == "from threads 1 to 2 at n = 2048");
  CHECK(e.cases == std::vector<int>{3, 8});
}

TEST_CASE("A trend names the whole value of an axis, though it is of several words") {
  MadeUp run;
  for (const char* inputs : {"normal", "my inputs.npz"})
    run.add("rnn", kLengths, linear, [&](CaseRecord& c) { c.plan.inputs = inputs; });
  CHECK(trend("steps", "inputs", true, run).where ==
        "from inputs normal to my inputs.npz at n = 4096");
}

TEST_CASE("A ratio has a trend as well") {
  MadeUp run = MadeUp().add("full", kLengths, squared).add("window", kLengths, linear);
  Claim c;
  c.measure = Measure::kRatio;
  c.quantity = "time";
  c.of = pick("full");
  c.over = pick("window");
  c.rule = Trend{true, "seq_len"};
  const Evidence e = found(c, run);
  CHECK(*e.value == Approx(16));
  CHECK(e.words.starts_with("0.256x to 4.10x (16.0x ["));
  const MadeUp apart =
      MadeUp().add("full", {256, 512}, squared).add("window", {1024, 2048}, linear);
  CHECK(found(c, apart).reason == "the two have no seq_len in common");
}

TEST_CASE("A trend says why it cannot be seen") {
  const MadeUp one = MadeUp().add("rnn", {256}, linear);
  CHECK(trend("time", "seq_len", true, one).reason ==
        "a trend needs two values along seq_len, and there is one");
  CHECK(trend("influence", "distance", true, one).reason ==
        "a trend needs two values along distance, and there is none; at n = 256: this case was not "
        "probed");
  CHECK(trend("time", "threads", true, one).reason ==
        "nothing rises or falls along threads, of which there is only 1");
  MadeUp few = with_threads();
  for (size_t i = 0; i < 5; ++i) {
    few.run.cases[i].plan.outcome = record::Outcome::kSkipped;
    few.run.cases[i].plan.reason = "needs 5 GiB";
  }
  CHECK(trend("time", "threads", false, few).reason == "at threads 2: skipped: needs 5 GiB");
  const auto threads = [](int count) { return [count](CaseRecord& c) { c.plan.threads = count; }; };
  const MadeUp apart =
      MadeUp().add("rnn", {256}, linear, threads(1)).add("rnn", {512}, linear, threads(2));
  CHECK(trend("time", "threads", false, apart).reason == "no length has a value of all 2 series");
}

}  // namespace
}  // namespace attnbench::study
