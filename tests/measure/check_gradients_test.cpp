// Tests of the check of gradients: right kernels pass, planted errors do not.
#include "measure/check_gradients.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

#include "backward_trial.h"
#include "catch.h"

namespace attnbench::measure {
namespace {

using test::BackwardTrial;
using test::Style;
using test::Trained;
using test::Wrong;

constexpr InputStyle kInputs[] = {InputStyle::kNormal, InputStyle::kLargeLogits,
                                  InputStyle::kAllEqual, InputStyle::kOneHot};

TEST_CASE("Gradients by right kernels pass at every length and on every style of input") {
  const Problem problems[] = {
      {1, 1, 1, 1, 1, 64, false},     {1, 1, 1, 2, 2, 64, true},
      {2, 4, 2, 17, 17, 8, true},     {1, 2, 1, 256, 256, 64, false},
      {1, 1, 1, 400, 400, 64, true},  {1, 1, 1, 4, 20000, 64, false},
      {1, 1, 1, 16384, 8, 64, false}, {1, 2, 2, 64, 300, 128, true, 0.3, 20, true}};
  for (const Problem& problem : problems)
    for (const InputStyle inputs : kInputs)
      for (size_t s = 0; s < std::size(test::kStyles); ++s) {
        BackwardTrial trial(Trained(test::kStyles[s]), problem, inputs);
        const Verdict verdict = trial.judge(16384);
        INFO("q_len " << problem.q_len << ", kv_len " << problem.kv_len << ", inputs "
                      << static_cast<int>(inputs) << ", kernel " << s << ", " << verdict.reason);
        CHECK(verdict.ok);
        CHECK(verdict.check.worst_error_over_bound < 0.6);
      }
}

struct Planted {
  Wrong wrong;
  const char* tensor;  ///< That the reason names.
};
constexpr Planted kPlanted[] = {
    {Wrong::kLosesKey, "d_q: batch 0 head 3 query "},
    {Wrong::kNoDelta, "d_q: "},
    {Wrong::kNoScale, "d_q: "},
    {Wrong::kNoGroupSum, "d_k: batch 0 head "},
    {Wrong::kQueryScaled, "d_q: batch 0 head 3 query "},
    {Wrong::kKeyScaled, "d_k: batch 0 head 1 key "},
    {Wrong::kValueScaled, "d_v: batch 0 head 1 key "},
    {Wrong::kForgetsValues, "d_v: batch 0 head 0 key 0 dim 0 was never written"},
};

Trained trained(Wrong wrong, const Style& style = test::kFlash) {
  return Trained(style, wrong);
}

bool begins(const std::string& text, const std::string& with) {
  return text.starts_with(with);
}

TEST_CASE("Errors that are planted in one place of a gradient are found, in every kernel") {
  for (const Style& style : test::kStyles)
    for (const int64_t n : {48, 160}) {
      const Problem problem{1, 4, 2, n, n, 64, true};
      for (const Planted& planted : kPlanted) {
        const Verdict verdict = BackwardTrial(trained(planted.wrong, style), problem).judge();
        INFO(verdict.reason << ", planted " << static_cast<int>(planted.wrong) << ", n " << n);
        CHECK_FALSE(verdict.ok);
        CHECK(begins(verdict.reason, planted.tensor));
      }
      const Verdict lost = BackwardTrial(trained(Wrong::kLosesQuery, style), problem).judge();
      CHECK(begins(lost.reason, "d_k: batch 0 head 1 key "));
    }
}

TEST_CASE("The same errors are found at length, by a d_out of which few rows are not 0") {
  const Problem problem{1, 4, 2, 4096, 4096, 64, false};
  const Verdict right =
      BackwardTrial(trained(Wrong::kNothing), problem, InputStyle::kNormal, 16).judge(16);
  CHECK(right.reason.empty());
  CHECK(right.not_judged.empty());
  CHECK(right.check.rows_checked == 16 + 2 * 2 * 1024);
  CHECK(right.check.rows_sharp == right.check.rows_checked);
  CHECK(right.check.worst_error_over_bound < 0.5);
  for (const Planted& planted : kPlanted) {
    const Verdict verdict =
        BackwardTrial(trained(planted.wrong), problem, InputStyle::kNormal, 16).judge(16);
    INFO(verdict.reason << ", planted " << static_cast<int>(planted.wrong));
    CHECK(begins(verdict.reason, planted.tensor));
  }
}

TEST_CASE("A forgotten derivative of softcap is found, and scale, softcap and alibi pass") {
  const Problem problem{1, 2, 2, 90, 90, 16, true, 0.7, 3, true};
  CHECK(BackwardTrial(trained(Wrong::kNothing), problem).judge().ok);
  CHECK(begins(BackwardTrial(trained(Wrong::kNoCapSlope), problem).judge().reason,
               "d_q: batch 0 head "));
}

TEST_CASE("Weights close to what float32 can hold at least stand well inside the bound") {
  const Problem problem{1, 1, 1, 1, 2, 1, false, 1};
  BackwardTrial trial(trained(Wrong::kNothing, test::kTextbook), problem);
  for (float far = 75; far < 110; far += 0.125f) {
    trial.inputs.writable().q.data[0] = 1;
    trial.inputs.writable().k.data[0] = 0;
    trial.inputs.writable().k.data[1] = -far;
    trial.run();
    CHECK(trial.judge().check.worst_error_over_bound < 0.3);
    for (float& x : trial.d_v) x = std::abs(x) < FLT_MIN ? 0 : x;  // As a kernel may.
    CHECK(trial.judge().check.worst_error_over_bound < 0.3);
  }
}

TEST_CASE("Keys that no query sees may hold NaN") {
  Trained window = trained(Wrong::kNothing);
  window.window = 5;
  BackwardTrial trial(window, {1, 2, 1, 10, 40, 8, true});
  const InputSet::Writable inputs = trial.inputs.writable();
  for (const Tensor<float>& tensor : {inputs.k, inputs.v})
    std::fill_n(tensor.data, 26 * 8, std::numeric_limits<float>::quiet_NaN());
  trial.run();
  const Verdict verdict = trial.judge();
  INFO(verdict.reason);
  CHECK(verdict.ok);
  CHECK(verdict.check.rows_checked == 2 * 10 + 2 * 14);
}

TEST_CASE("Windows, steps and queries that see nothing are judged as the variant's keys say") {
  for (const Style& style : test::kStyles)
    for (const Problem& problem : {Problem{2, 2, 1, 100, 100, 16, true},
                                   {1, 2, 2, 60, 20, 16, true},
                                   {1, 1, 1, 20, 100, 16, true}}) {
      Trained window(style), dilated(style);
      window.window = 7;
      dilated.step = 3;
      for (const Trained& variant : {window, dilated}) {
        const Verdict verdict = BackwardTrial(variant, problem).judge();
        INFO(verdict.reason);
        CHECK(verdict.ok);
        CHECK(verdict.check.worst_error_over_bound < 0.6);
      }
    }
}

TEST_CASE("What no query reaches must be exactly zero") {
  Trained window = trained(Wrong::kUnseenKeyNotZero);
  window.window = 5;
  const Verdict key = BackwardTrial(window, {1, 1, 1, 10, 40, 8, true}).judge();
  CHECK(key.reason ==
        "d_v: batch 0 head 0 key 0 dim 0 is 1e-30, not 0, although no query whose row "
        "of d_out is not 0 sees the key");
  const Verdict query = BackwardTrial(trained(Wrong::kUnusedQueryNotZero),
                                      {1, 1, 1, 40, 40, 8, true}, InputStyle::kNormal, 2)
                            .judge(2);
  CHECK(
      query.reason ==
      "d_q: batch 0 head 0 query 1 dim 0 is 1e-30, not 0, although the query's row of d_out is 0");
  const Verdict blind =
      BackwardTrial(trained(Wrong::kUnusedQueryNotZero), {1, 1, 1, 40, 20, 8, true}).judge();
  CHECK(begins(blind.reason, "d_q: batch 0 head 0 query 1 dim 0: expected 0, got 1e-30"));
}

TEST_CASE("A gradient that was not written, or is NaN, is named with the place") {
  const Problem problem{1, 2, 2, 8, 8, 4, true};
  CHECK(BackwardTrial(trained(Wrong::kLeavesQuery), problem).judge().reason ==
        "d_q: batch 0 head 1 query 7 dim 0 was never written");
  CHECK(BackwardTrial(trained(Wrong::kNaN), problem).judge().reason ==
        "d_k: batch 0 head 0 key 1 dim 0 is NaN");
}

TEST_CASE("Gradients of keys that too many queries reach are not judged, and so not ok") {
  const Problem problem{1, 4, 4, 100, 100, 8, true};
  BackwardTrial full(trained(Wrong::kNothing), problem);
  const Verdict verdict = full.judge(199);  // Two key heads have 200 rows.
  CHECK(verdict.reason.empty());
  CHECK_FALSE(verdict.ok);
  CHECK(verdict.not_judged == std::vector<std::string>{"d_k", "d_v"});
  CHECK(verdict.check.rows_checked == 199);
  CHECK(full.judge(200).ok);
  CHECK(full.judge(200).check.rows_checked == 200 + 2 * 2 * 64);
  CHECK(full.judge(300).check.rows_checked == 300 + 3 * 2 * 64);
  BackwardTrial few(trained(Wrong::kNothing), problem, InputStyle::kNormal, 10);
  CHECK(few.judge(10).ok);
}

TEST_CASE("Of d_out, as many rows are kept as asked for, the first and the last among them") {
  std::vector<float> memory(2 * 3 * 50 * 4);
  const Tensor<float> d_out{memory.data(), 2, 3, 50, 4};
  fill_d_out(d_out, 5);
  const std::vector<float> all = memory;
  CHECK(std::ranges::count(all, 0.0f) < 10);
  keep_few_rows(d_out, 7, 5);
  int64_t kept = 0;
  for (size_t row = 0; row < 300; ++row) {
    const bool same = std::equal(&memory[4 * row], &memory[4 * row] + 4, &all[4 * row]);
    CHECK((same ||
           std::all_of(&memory[4 * row], &memory[4 * row] + 4, [](float x) { return x == 0; })));
    kept += same ? 1 : 0;
    if (row == 0 || row == 299) CHECK(same);
  }
  CHECK(kept == 7);
}

TEST_CASE("Rows of d_q are judged if there is time for two only and half of d_out is 0") {
  BackwardTrial trial(trained(Wrong::kNoScale), {1, 2, 1, 40, 40, 4, true});
  std::fill_n(trial.d_out.begin(), 4 * 20, 0.0f);
  std::fill_n(trial.d_out.end() - 4 * 20, 4 * 20, 0.0f);
  trial.run();
  const Verdict verdict = trial.judge(2);
  CHECK(verdict.check.rows_checked == 2);
  CHECK(begins(verdict.reason, "d_q: batch 0 head "));
}

TEST_CASE("A digest tells apart gradients that differ by one bit anywhere") {
  BackwardTrial trial(trained(Wrong::kNothing), {1, 1, 1, 4, 4, 4, true});
  const std::string before = digest(trial.gradients());
  for (std::vector<float>* tensor : {&trial.d_q, &trial.d_k, &trial.d_v}) {
    const float old = tensor->back();
    tensor->back() = std::nextafter(old, HUGE_VALF);
    CHECK(digest(trial.gradients()) != before);
    tensor->back() = old;
  }
  CHECK(digest(trial.gradients()) == before);
}

}  // namespace
}  // namespace attnbench::measure
