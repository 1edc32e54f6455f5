// Tests of counting pairs of query and key in gradients: right kernels pass, one wrong pair does
// not, at any length.
#include "measure/check_pairs.h"

#include <algorithm>
#include <limits>

#include "backward_trial.h"
#include "catch.h"

namespace attnbench::measure {
namespace {

using test::BackwardTrial;
using test::Style;
using test::Trained;
using test::Wrong;

/// A backward call on inputs for counting, judged by that.
Verdict counted(const Trained& variant, const Problem& problem, uint64_t seed = 5) {
  BackwardTrial trial(variant, problem);
  const Call call = trial.call();
  fill_for_pairs(variant, call, trial.inputs.writable(), trial.of_out(trial.d_out), seed);
  trial.run();
  const Gradients gradients = trial.gradients();
  const Inputs inputs = trial.inputs.view();
  return check_pairs({variant, call, inputs, trial.d_out_tensor(), gradients});
}

Trained variant_of(const Style& style, int64_t window, int64_t step) {
  Trained variant(style);
  variant.window = window;
  variant.step = step;
  return variant;
}

TEST_CASE("Pairs of query and key are all counted if a kernel is right") {
  for (const Style& style : test::kStyles)
    for (const Problem& problem : {Problem{1, 1, 1, 1, 1, 2, false},
                                   {2, 4, 2, 17, 30, 6, true},
                                   {1, 2, 2, 30, 17, 4, true},
                                   {1, 6, 2, 100, 100, 5, false, 0.3, 7},
                                   {1, 1, 1, 1000, 1000, 8, true},
                                   {1, 1, 1, 20000, 3, 2, false},
                                   {1, 1, 1, 3, 20000, 2, false}})
      for (const Trained& variant :
           {variant_of(style, 0, 1), variant_of(style, 9, 1), variant_of(style, 0, 4)}) {
        const Verdict verdict = counted(variant, problem);
        INFO("q_len " << problem.q_len << ", kv_len " << problem.kv_len << ": " << verdict.reason);
        CHECK(verdict.ok);
        CHECK(verdict.check.rows_counted == problem.batch * problem.heads * problem.q_len);
      }
}

TEST_CASE("One pair that one gradient leaves out or counts twice is found at every length") {
  for (const int64_t n : {40, 3000})
    for (const char gradient : {'q', 'k', 'v'})
      for (const float times : {0.0f, 2.0f}) {
        Trained variant = variant_of(test::kFlash, 0, n == 3000 ? 3 : 1);
        variant.pair = {n / 2 + 1, 3 * (n / 9), gradient, times};
        const Verdict verdict = counted(variant, {1, 2, 1, n, n, 4, true});
        INFO(verdict.reason);
        CHECK_FALSE(verdict.ok);
        const bool is_query = gradient == 'q';
        const std::string place = std::string("d_") + gradient + ": batch 0 head " +
                                  (is_query ? "1 query " + std::to_string(variant.pair.query)
                                            : "0 key " + std::to_string(variant.pair.key)) +
                                  " dim ";
        CHECK(verdict.reason.starts_with(place));
      }
}

TEST_CASE("A lost query, a missing scale and a group that is not summed are counted, too") {
  const Problem problem{1, 4, 2, 200, 200, 6, true};
  for (const Wrong wrong : {Wrong::kLosesQuery, Wrong::kNoScale, Wrong::kNoGroupSum,
                            Wrong::kNoDelta, Wrong::kForgetsValues, Wrong::kNaN})
    CHECK_FALSE(counted(Trained(test::kTextbook, wrong), problem).ok);
  CHECK(counted(Trained(test::kTextbook), problem).ok);
  CHECK(counted(Trained(test::kTextbook, Wrong::kNaN), problem).reason ==
        "d_k: batch 0 head 0 key 1 dim 0 is NaN");
}

TEST_CASE("With one dimension d_q is not judged, and no row is said to be counted") {
  const Problem problem{1, 2, 1, 9, 9, 1, true};
  const Verdict verdict = counted(Trained(), problem);
  CHECK_FALSE(verdict.ok);
  CHECK(verdict.reason == "");
  CHECK(verdict.not_judged == std::vector<std::string>{"d_q"});
  CHECK(verdict.check.rows_counted == 0);
  Trained twice;
  twice.pair = {8, 3, 'v', 2};
  CHECK(counted(twice, problem).reason.starts_with("d_v: batch 0 head 0 key 3 dim 0: "));
}

TEST_CASE("Pairs are not counted under ALiBi, whose weights are not equal") {
  Problem problem{1, 1, 1, 8, 8, 4, true};
  CHECK(can_count_pairs(Trained(), problem));
  problem.alibi = true;
  CHECK_FALSE(can_count_pairs(Trained(), problem));
}

}  // namespace
}  // namespace attnbench::measure
