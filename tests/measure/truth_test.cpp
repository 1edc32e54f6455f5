// Outputs judged by a variant's own definition, and by what it selected.
#include "measure/truth.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "catch.h"
#include "defined_variants.h"
#include "measure/check_output.h"
#include "measure/inputs.h"
#include "measure/replicas.h"
#include "registry/registry.h"

namespace attnbench::measure::test {
namespace {

Problem problem_of(int64_t n, int64_t heads = 2) {
  Problem p;
  p.heads = p.kv_heads = heads;
  p.q_len = p.kv_len = n;
  p.head_dim = 16;
  return p;
}

/// Runs a variant once and judges `rows` rows.
Verdict judged(const Variant& variant, const Problem& problem, int64_t rows,
               InputStyle style = InputStyle::kNormal) {
  const Call call{problem, nullptr, 1};
  const InputSet inputs(problem, 3, style, record::Pages::kSmall,
                        registry::extra_inputs(variant, call));
  std::vector<float> memory(static_cast<size_t>(output_bytes(problem)) / sizeof(float));
  const Tensor<float> out = output_tensor(problem, reinterpret_cast<std::byte*>(memory.data()));
  poison(out);
  variant.forward(call, inputs.view(), out, {});
  return check_output(variant, call, inputs.view(), out, rows, 1);
}

bool says(const Verdict& verdict, const char* words) {
  return verdict.reason.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("A variant with a definition of its own is judged by that") {
  const Verdict verdict = judged(LeakySum(), problem_of(300), 600);
  CHECK(verdict.ok);
  CHECK(verdict.check.rows_checked == 600);
  CHECK(verdict.check.worst_error > 0);
  CHECK(verdict.check.worst_error_over_bound < 0.7);
}

TEST_CASE("A relative error of 1e-4 in one row is refuted at n = 16,384") {
  const Problem problem = problem_of(16384, 1);
  LeakySum variant;
  variant.stray_row = 16383;
  const Verdict right = judged(variant, problem, 64);
  CHECK(right.ok);
  CHECK(right.check.rows_sharp == 64);
  variant.stray = 1e-4;
  CHECK_FALSE(judged(variant, problem, 64).ok);
}

TEST_CASE("The same holds for a long sum of one sign, by a kernel that sums in another order") {
  const Problem problem = problem_of(16384, 1);
  BlockedSum variant;
  const Verdict right = judged(variant, problem, 64);
  CHECK(right.ok);
  CHECK(right.check.rows_sharp == 64);
  CHECK(right.check.worst_error > 0);
  variant.stray = 1e-4;
  CHECK_FALSE(judged(variant, problem, 64).ok);
}

TEST_CASE("Copies of inputs that do not fit at once give the same errors one after another") {
  const Problem problem = problem_of(100);
  const Call call{problem, nullptr, 1};
  const LeakySum variant;
  const InputSet inputs(problem, 3, InputStyle::kNormal, record::Pages::kSmall,
                        registry::extra_inputs(variant, call));
  const std::vector<int64_t> numbers{50, 99};
  const Rows rows{numbers.data(), 2};
  std::vector<double> exact(static_cast<size_t>(2 * problem.head_dim));
  variant.define(call, inputs.view(), rows, exact.data());
  const auto define = [&](const Given& in, float* out) {
    variant.define(call, in.inputs, rows, out);
  };
  const auto errors = replica_errors(define, {inputs.view()}, exact, kReplicas);
  CHECK(*std::ranges::max_element(errors) > 0);
  CHECK(replica_errors(define, {inputs.view()}, exact, kReplicas, Count(0)) == errors);
}

TEST_CASE("Of a sum of 65,536 terms of one sign, 8 chains are as exact as blocks, and one is not") {
  Problem problem = problem_of(65536, 1);
  problem.q_len = 1;
  BlockedSum variant;
  CHECK(judged(variant, problem, 1).check.worst_error_over_bound < 0.7);
  variant.one_by_one = true;
  CHECK_FALSE(judged(variant, problem, 1).ok);
}

TEST_CASE("Where few evaluations in float32 came close by luck, more say what is in doubt") {
  const auto is_right = [](double late_stray) {
    LeakySum variant;
    variant.stray = 5e-5;
    variant.late_stray = late_stray;
    return judged(variant, problem_of(100), 200).ok;
  };
  CHECK(is_right(1e-5));
  CHECK_FALSE(is_right(1e-6));
  CHECK_FALSE(is_right(0));
}

TEST_CASE("A definition that is off by 1e-4 refutes a right kernel") {
  LeakySum variant;
  variant.definition_factor = 1 + 1e-4;
  CHECK(says(judged(variant, problem_of(100), 200), "expected"));
}

TEST_CASE("A definition that float32 can't evaluate judges nothing, which is not ok") {
  LeakySum variant;
  variant.overflows_in_float = true;
  const Verdict verdict = judged(variant, problem_of(100), 200);
  CHECK_FALSE(verdict.ok);
  CHECK(says(verdict, "not finite in float32, so nothing can be judged"));
}

TEST_CASE("A selector is judged by the keys that it selected") {
  const Verdict verdict = judged(TopTwo(), problem_of(200), 400);
  CHECK(verdict.ok);
  CHECK(verdict.check.worst_error > 0);
}

TEST_CASE("A selector that ties can choose from is judged by what it chose") {
  CHECK(judged(TopTwo(), problem_of(50), 100, InputStyle::kAllEqual).ok);
}

TEST_CASE("A selector that picks a clearly worse key is refuted, though its output fits the pick") {
  TopTwo variant;
  variant.picks_worst = true;
  const Verdict verdict = judged(variant, problem_of(200), 400);
  CHECK(says(verdict, "its decisions are worse than the best ones"));
  // The rows that could be compared are right, and no ratio stands for the objection.
  CHECK(verdict.check.worst_error_over_bound < 1);
}

TEST_CASE("A selector whose output differs from its picks is refuted") {
  TopTwo variant;
  variant.forgets_second = true;
  CHECK(says(judged(variant, problem_of(200), 400), "expected"));
}

TEST_CASE("A selector that reports a key twice is refuted") {
  TopTwo variant;
  variant.picks_twice = true;
  CHECK(says(judged(variant, problem_of(200), 400), "its decisions are malformed: ["));
  CHECK(says(judged(variant, problem_of(200), 400),
             ") step 1 begins before the span ahead of it ends"));
}

TEST_CASE("A selector that leaves a decision unwritten is refuted") {
  TopTwo variant;
  variant.forgets_last = true;
  CHECK(says(judged(variant, problem_of(50), 100),
             "query 49: its decisions are malformed: [-1, 0) step 1 leaves [0, kv_len)"));
}

TEST_CASE("A selector that writes past its decisions is refuted") {
  TopTwo variant;
  variant.writes_past = true;
  CHECK(says(judged(variant, problem_of(50), 100),
             "decide touched its decisions 0 bytes past its end"));
}

TEST_CASE("Decisions do not hold if their loss or its magnitude is no finite number") {
  TopTwo variant;
  const auto with = [&](double loss, double magnitude) {
    variant.told = Regret{loss, magnitude, 16};
    return judged(variant, problem_of(50), 100);
  };
  CHECK(with(0, 1).ok);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double magnitude : {1.0, HUGE_VAL, nan})
    for (const double loss : {HUGE_VAL, nan})
      CHECK(says(with(loss, magnitude), "its decisions are malformed"));
  for (const double magnitude : {HUGE_VAL, nan})
    CHECK(says(with(0, magnitude), "the magnitude of its regret is not finite"));
}

TEST_CASE("What judging a row throws reaches the caller") {
  TopTwo variant;
  variant.cannot_judge = true;
  CHECK_THROWS_WITH(judged(variant, problem_of(50), 100), "cannot judge");
}

TEST_CASE("Declared inputs are drawn as they say, by the seed alone") {
  const ExtraInput orthogonal{"w", 1, 2, 8, 8, Fill::kOrthogonal, 0.9};
  const ExtraInput gate{"g", 1, 1, 1000, 1, Fill::kSigmoid, 2, 1};
  const InputSet one(problem_of(4), 7, InputStyle::kNormal, record::Pages::kSmall,
                     {orthogonal, gate});
  const InputSet same(problem_of(4), 7, InputStyle::kNormal, record::Pages::kSmall,
                      {orthogonal, gate});
  const InputSet other(problem_of(4), 8, InputStyle::kNormal, record::Pages::kSmall,
                       {orthogonal, gate});
  REQUIRE(one.view().extra_count == 2);
  const Tensor<const float> w = one.view().extra[0];
  for (int64_t i = 0; i < 8; ++i)
    for (int64_t j = 0; j < 8; ++j) {
      double product = 0;
      for (int64_t d = 0; d < 8; ++d)
        product += static_cast<double>(w.row(0, 1, i)[d]) * static_cast<double>(w.row(0, 1, j)[d]);
      CHECK(std::abs(product - (i == j ? 0.81 : 0)) < 1e-6);
    }
  const Tensor<const float> g = one.view().extra[1];
  double sum = 0;
  for (int64_t i = 0; i < g.size(); ++i) {
    CHECK((g.data[i] > 0 && g.data[i] < 1));
    CHECK(g.data[i] == same.view().extra[1].data[i]);
    sum += static_cast<double>(g.data[i]);
  }
  CHECK(std::abs(sum / 1000 - 0.66) < 0.05);
  CHECK(g.data[0] != other.view().extra[1].data[0]);

  ExtraInput second_draw = gate;
  second_draw.seed = 1;
  const InputSet drawn(problem_of(4), 7, InputStyle::kNormal, record::Pages::kSmall,
                       {orthogonal, second_draw});
  CHECK(g.data[0] != drawn.view().extra[1].data[0]);
  CHECK(w.data[0] == drawn.view().extra[0].data[0]);
}

}  // namespace attnbench::measure::test
