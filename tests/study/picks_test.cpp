// Picks name one series, or say what there is.
#include <catch2/catch.hpp>

#include "made_up_run.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

using record::Case;

/// One case of each series: full with 1 and 2 threads, causal or not, and two windows.
struct Sweep {
  std::vector<Case> cases;
  std::vector<const Case*> series;

  Sweep() {
    for (const int threads : {2, 1})
      for (const bool causal : {false, true}) {
        Case c = made_up_case("full", 256, squared).plan;
        c.threads = threads;
        c.problem.causal = causal;
        cases.push_back(c);
      }
    for (const int64_t left : {128, 64}) {
      Case c = made_up_case("window", 256, linear).plan;
      c.label = "window " + std::to_string(left);
      c.params = {{"left", left}, {"right", 0}};
      cases.push_back(c);
    }
    for (const Case& c : cases) series.push_back(&c);
  }
};

TEST_CASE("A pick by label, param or axes names one series") {
  const Sweep sweep;
  CHECK(find_series(pick("window 64"), sweep.series).series == 5);
  Pick window = pick("window");
  window.params = {{"left", 128}};
  CHECK(find_series(window, sweep.series).series == 4);
  CHECK(find_series(pick("full", {{"threads", int64_t{1}}, {"causal", int64_t{1}}}), sweep.series)
            .series == 3);
}

TEST_CASE("A label that is also a variant's name means the series of that label") {
  Sweep sweep;
  sweep.cases[5].label = "window";
  CHECK(find_series(pick("window"), sweep.series).series == 5);
  Pick other = pick("window");
  other.params = {{"left", 128}};
  CHECK(find_series(other, sweep.series).series == 4);
}

TEST_CASE("A pick that names no series says what there is") {
  const Sweep sweep;
  const auto problem = [&](const Pick& p) { return find_series(p, sweep.series).problem; };
  CHECK(problem(pick("blocked")) ==
        "no series is called blocked; there are: full, window 128, window 64");
  CHECK(problem(pick("full", {{"threads", int64_t{4}}})) ==
        "no series of full has threads = 4; there are: 2, 1");
  Pick wide = pick("full");
  wide.params = {{"left", 8}};
  CHECK(problem(wide) == "no series of full has a param called left");
}

TEST_CASE("A pick that names several series says in what they differ") {
  const Sweep sweep;
  const auto problem = [&](const Pick& p) { return find_series(p, sweep.series).problem; };
  CHECK(problem(pick("full")) ==
        "4 series fit; they differ in causal (false, true), threads (2, 1)");
  CHECK(problem(pick("window")) == "2 series fit; they differ in left (128, 64)");
  CHECK_FALSE(find_series(pick("full"), sweep.series).series);
}

TEST_CASE("Axes that follow another one do not tell series apart") {
  std::vector<Case> cases(2, made_up_case("full", 256, squared).plan);
  cases[1].problem.heads = cases[1].problem.kv_heads = 8;
  cases[1].problem.q_len = cases[1].problem.kv_len = 512;
  CHECK(find_series(pick("full"), {&cases[0], &cases[1]}).problem ==
        "2 series fit; they differ in heads (2, 8)");
  CHECK(find_series_along(pick("full"), "heads", {&cases[0], &cases[1]}).problem.empty());
}

TEST_CASE("A trend along an axis or param takes all series that differ in it, ascending") {
  const Sweep sweep;
  const PickedAlong threads =
      find_series_along(pick("full", {{"causal", int64_t{0}}}), "threads", sweep.series);
  CHECK(threads.series == std::vector<int>{2, 0});
  CHECK(threads.values == std::vector<std::string>{"1", "2"});
  CHECK(threads.numbers == std::vector<std::optional<double>>{1, 2});
  const PickedAlong causal =
      find_series_along(pick("full", {{"threads", int64_t{1}}}), "causal", sweep.series);
  CHECK(causal.values == std::vector<std::string>{"false", "true"});
  CHECK(causal.numbers == std::vector<std::optional<double>>(2));
  CHECK(find_series_along(pick("window"), "left", sweep.series).series == std::vector<int>{5, 4});
}

TEST_CASE("A trend keeps the order of the run if the axis's values are texts") {
  std::vector<Case> cases(2, made_up_case("full", 256, squared).plan);
  cases[0].inputs = "normal";
  cases[1].inputs = "model_like";
  const PickedAlong along = find_series_along(pick("full"), "inputs", {&cases[0], &cases[1]});
  CHECK(along.values == std::vector<std::string>{"normal", "model_like"});
  CHECK(along.numbers == std::vector<std::optional<double>>(2));
}

TEST_CASE("A trend says why its series cannot be compared") {
  const Sweep sweep;
  const auto problem = [&](const Pick& p, const std::string& along) {
    return find_series_along(p, along, sweep.series).problem;
  };
  CHECK(problem(pick("full"), "threads") ==
        "4 series fit; they differ in causal (false, true), beside threads");
  CHECK(problem(pick("full", {{"causal", int64_t{0}}}), "left") ==
        "no axis or param of full is called left");
  CHECK(problem(pick("window"), "blocks") == "no axis or param of window is called blocks");
  CHECK(problem(pick("window 64"), "blocks") == "no axis or param of window 64 is called blocks");
  CHECK(problem(pick("window 64"), "threads") ==
        "nothing rises or falls along threads, of which there is only 1");
}

}  // namespace
}  // namespace attnbench::study
