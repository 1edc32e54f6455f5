// Patterns in words: their exact density.
#include "report/patterns.h"

#include "catch.h"
#include "report/html.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

TEST_CASE("A pattern tells its length, params, exact density and FLOPs") {
  const record::Run run = sample_run();
  CHECK(pattern_name(run, run.patterns[1]) == "window 64, causal");
  // Each query but the first 64 sees 65 keys. The shares are of 4096 x 4096 pairs and of the
  // triangle.
  CHECK(pattern_lines(run, run.patterns[1]) ==
        std::vector<std::string>{
            "n = 4096, left = 64, right = 0",
            "sees 264160 pairs a head: 1.57 % of all, 3.15 % of those that causal order allows",
            "541 MFLOP a call: 8 heads over 2 kv_heads, head_dim 64, causal, 2 threads"});
  CHECK(pattern_lines(run, run.patterns[0])[1] ==
        "sees 8390656 pairs a head: 50.0 % of all, 100 % of those that causal order allows");
}

TEST_CASE("Causal order aligns the triangle to the last key, with more queries or fewer") {
  record::Run run = sample_run();
  Problem& p = run.cases[10].plan.problem;
  p.q_len = 2;
  p.kv_len = 5;  // The queries see four keys, then five.
  run.patterns[1].cells = {1, 1, 1, 1, 0, 1, 1, 1, 1, 1};
  CHECK(pattern_lines(run, run.patterns[1])[1] ==
        "sees 9 pairs a head: 90.0 % of all, 100 % of those that causal order allows");
  p.q_len = 5;
  p.kv_len = 2;  // The first three queries see none; then one, then two.
  run.patterns[1].cells = {0, 0, 0, 0, 0, 0, 1, 0, 1, 1};
  CHECK(pattern_lines(run, run.patterns[1])[1] ==
        "sees 3 pairs a head: 30.0 % of all, 100 % of those that causal order allows");
  p.causal = false;
  CHECK(pattern_lines(run, run.patterns[1])[1] == "sees 3 pairs a head: 30.0 % of all");
}

TEST_CASE("The number of patterns that are left out is told") {
  record::Run run = sample_run();
  CHECK(more_patterns_words(run).empty());
  run.patterns.pop_back();
  CHECK(more_patterns_words(run) == "1 further pattern is not drawn.");
  run.patterns.clear();
  CHECK(more_patterns_words(run).empty());  // A record from before patterns.
}

TEST_CASE("Variants without a pattern share a line with others of the same reason") {
  record::Run run = sample_run();
  run.patterns.clear();
  CHECK(undrawn_lines(run).empty());
  const std::string other = run.cases[10].plan.label;
  run.undrawn = {{0, "the data decide"}, {10, "the data decide"}};
  CHECK(undrawn_lines(run) == std::vector<std::string>{"No pattern of " + run.cases[0].plan.label +
                                                       ", " + other + ": the data decide."});
  run.undrawn[1].reason = "it is a recurrence";
  CHECK(undrawn_lines(run).size() == 2);
  const std::string page = report_html(run, analyze::analyze(run));
  CHECK_THAT(page, ContainsSubstring("it is a recurrence.") && !ContainsSubstring("Who sees whom"));
}

TEST_CASE("A variant without a pattern is no further pattern") {
  record::Run run = sample_run();
  const record::Pattern last = run.patterns.back();
  run.patterns.pop_back();
  run.undrawn = {{last.case_id, "the data decide"}};
  CHECK(more_patterns_words(run).empty());
}

}  // namespace
}  // namespace attnbench::report
