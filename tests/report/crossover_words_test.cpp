// What a search for crossovers says, in whole sentences.
#include "report/crossover_words.h"

#include "catch.h"

namespace attnbench::report {
namespace {

using analyze::Order;
using Sentences = std::vector<std::string>;

CrossoverSearch search() {
  CrossoverSearch s;
  s.a = "window";
  s.b = "full";
  s.axis = "n";
  s.low = 16;
  s.high = 4096;
  s.search_points = 13;
  s.search_rounds = 5;
  s.final_points = 7;
  s.took_s = 61;
  return s;
}

constexpr char kMeasured[] =
    "Measured afresh at the end: 7 points in 9 rounds. The search took 13 points in 5 rounds, "
    "which "
    "do not count; 61.0 s in all.";

TEST_CASE("A crossover comes with its interval, and the work that is equal before it") {
  CrossoverSearch s = search();
  s.equal_work_up_to = 65;
  analyze::CrossoverFindings findings;
  findings.rounds = 9;
  findings.crossings = {{565.4, {554.2, 577}, false}};
  CHECK(crossover_sentences(s, findings) ==
        Sentences{"window becomes faster than full at n = 565 [554, 577].",
                  "Equal work up to n = 65; the search begins there.", kMeasured});
  s.equal_work_up_to = 4096;
  s.left_out = {"n = 4096 (full: needs 1 GiB)", "two", "three"};
  findings.crossings[0].interval.high = 620;
  findings.noise = 0.123;
  CHECK(
      crossover_sentences(s, findings) ==
      Sentences{"window becomes faster than full at n = 565 [554, 620].",
                "Both count the same work at every n from 16 to 4096.",
                "Not measured: n = 4096 (full: needs 1 GiB).", "Not measured: two.",
                "… and 1 more such value.",
                "Noise keeps an interval wider than 5 % of n: the ratio of a round varies by 12 %; "
                "more rounds narrow it (--set measure.rounds=36).",
                kMeasured});
}

TEST_CASE("Two crossovers are counted, and a window that is not confirmed is told") {
  analyze::CrossoverFindings findings;
  findings.rounds = 9;
  findings.crossings = {{100.7, {99, 102}, true}, {3.456, {3.4, 3.5}, false}};
  findings.unconfirmed = {{400, 700}};
  CHECK(
      crossover_sentences(search(), findings) ==
      Sentences{"window and full trade places 2 times:",
                "full becomes faster than window at n = 101 [99, 102].",
                "window becomes faster than full at n = 3.46 [3.40, 3.50].",
                "window and full cannot be told apart between n = 400 and 700: the search saw them "
                "trade places there, and the fresh samples do not confirm it.",
                kMeasured});
}

TEST_CASE("Without a crossover, each order is one sentence") {
  analyze::CrossoverFindings findings;
  findings.rounds = 9;
  findings.points = {{16, 0.5, Order::kAFaster}, {64, 0.25, Order::kAFaster}};
  CHECK(crossover_sentences(search(), findings) ==
        Sentences{"window is 2.00x to 4.00x as fast as full at all 2 points from n = 16 to 64.",
                  kMeasured});
  findings.points.push_back({256, 1.02, Order::kCannotTell});
  findings.points.push_back({512, 3, Order::kBFaster});
  CHECK(crossover_sentences(search(), findings) ==
        Sentences{"No crossover was found.",
                  "window is 2.00x to 4.00x as fast as full at n = 16, 64.",
                  "full is 3.00x as fast as window at n = 512.",
                  "window and full cannot be told apart at n = 256: their difference is within the "
                  "noise.",
                  kMeasured});
  findings.points.clear();
  CHECK(crossover_sentences(search(), findings).front() ==
        "window and full were not both timed at any n.");
}

TEST_CASE("An interrupted search says where it stood, and that nothing confirms it") {
  CHECK(unfinished_sentences(search(), {{512, 724, true}}) ==
        Sentences{"So far: full seems to become faster than window between n = 512 and 724; no "
                  "fresh samples confirm it."});
  CHECK(unfinished_sentences(search(), {}) ==
        Sentences{"So far no change of order was seen at 13 points."});
}

TEST_CASE("A label's control characters do not reach a terminal") {
  CrossoverSearch s = search();
  s.a = "red\x1b[31m";
  for (const std::string& sentence : crossover_sentences(s, {}))
    CHECK(sentence.find('\x1b') == std::string::npos);
  CHECK(crossover_description(s, {}).find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace attnbench::report
