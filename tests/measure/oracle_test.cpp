// Tests of the oracle: right float32 kernels always pass, wrong ones do not.
#include "measure/oracle.h"

#include "catch.h"
#include "fake_variants.h"
#include "measure/check_output.h"
#include "measure/inputs.h"

namespace attnbench::measure {
namespace {

using test::Behaviour;
using test::Fake;

constexpr int64_t kAllRows = 1 << 20;
constexpr InputStyle kStyles[] = {InputStyle::kNormal, InputStyle::kLargeLogits,
                                  InputStyle::kAllEqual, InputStyle::kOneHot};

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal
const Problem kProblems[] = {
    {1, 1, 1, 1, 1, 1, false},    {2, 4, 2, 33, 33, 40, true}, {1, 2, 1, 5, 1500, 128, false},
    {1, 2, 2, 300, 300, 1, true}, {1, 1, 1, 9, 4, 16, true},   {1, 1, 1, 64, 700, 64, true},
};

Verdict judge(Behaviour behaviour, const Problem& problem, InputStyle style = InputStyle::kNormal,
              int64_t max_rows = kAllRows, uint64_t seed = 7) {
  const Fake variant(behaviour);
  const InputSet inputs(problem, seed, style);
  machine::Buffer memory(static_cast<size_t>(output_bytes(problem)));
  const Tensor<float> out = output_tensor(problem, memory);
  const Call call = test::call_of(problem);
  poison(out);
  variant.forward(call, inputs.view(), out, {memory.data(), 0});
  return check_output(variant, call, inputs.view(), out, max_rows, seed);
}

OracleRow oracle_of(const Problem& problem, const Inputs& inputs, int64_t head, int64_t query) {
  const Call call = test::call_of(problem);
  return oracle_row(query_row(Fake(Behaviour::kTwoPasses), call, inputs, 0, head, query));
}

void require_right(Behaviour behaviour) {
  for (const Problem& problem : kProblems)
    for (const InputStyle style : kStyles) {
      const Verdict verdict = judge(behaviour, problem, style);
      INFO(verdict.reason << ", style " << static_cast<int>(style));
      REQUIRE(verdict.ok);
      REQUIRE(verdict.reason.empty());
      REQUIRE(verdict.check.worst_error_over_bound <= 1);
      REQUIRE(verdict.check.rows_checked == problem.batch * problem.heads * problem.q_len);
    }
}

TEST_CASE("A float32 softmax in two passes passes on every style of input") {
  require_right(Behaviour::kTwoPasses);
}

TEST_CASE("An online softmax that rescales at every new maximum passes") {
  require_right(Behaviour::kOnline);
}

TEST_CASE("An exponential that is off by four ulp passes") {
  require_right(Behaviour::kSloppyExponential);
}

TEST_CASE("A kernel that computes something wrong fails, and the reason names the worst element") {
  const Problem problem{1, 4, 2, 256, 256, 64, true};
  for (const auto behaviour : {Behaviour::kNoScale, Behaviour::kDropsLastKey,
                               Behaviour::kSeesOneKeyTooMany, Behaviour::kWrongHead}) {
    INFO("behaviour " << static_cast<int>(behaviour));
    const Verdict verdict = judge(behaviour, problem);
    CHECK_FALSE(verdict.ok);
    CHECK(verdict.check.worst_error_over_bound > 1);
    CHECK(verdict.reason.find("batch 0 head ") == 0);
    CHECK(verdict.reason.find("times its bound") != std::string::npos);
  }
}

TEST_CASE("One missing key is noticed in a long unmasked row, too") {
  CHECK_FALSE(judge(Behaviour::kDropsLastKey, {1, 1, 1, 2, 1000, 64, false}).ok);
}

TEST_CASE("The first and the last row are always among the sampled rows") {
  const Problem problem{2, 3, 3, 50, 50, 8, false};
  for (const auto behaviour : {Behaviour::kFirstRowWrong, Behaviour::kLastRowWrong}) {
    const Verdict verdict = judge(behaviour, problem, InputStyle::kNormal, 2);
    CHECK(verdict.check.rows_checked == 2);
    CHECK_FALSE(verdict.ok);
  }
  CHECK(judge(Behaviour::kTwoPasses, problem, InputStyle::kNormal, 17).check.rows_checked == 17);
}

TEST_CASE("NaN, infinity and unwritten elements fail, with their place") {
  const Problem problem{1, 2, 2, 8, 8, 4, false};
  CHECK(judge(Behaviour::kNaN, problem).reason == "batch 0 head 1 query 7 dim 3 is NaN");
  CHECK(judge(Behaviour::kLeavesPoison, problem).reason ==
        "batch 0 head 1 query 1 dim 0 was never written");
  CHECK_FALSE(judge(Behaviour::kNaN, problem).ok);
}

TEST_CASE("A softmax over two keys has the value worked out by hand") {
  const float q[] = {2}, k[] = {1, 0}, v[] = {3, 5};
  const Problem problem{1, 1, 1, 1, 2, 1, false};
  const Inputs inputs{{q, 1, 1, 1, 1}, {k, 1, 1, 2, 1}, {v, 1, 1, 2, 1}};
  const OracleRow row = oracle_of(problem, inputs, 0, 0);
  const double weight = std::exp(2.0) / (std::exp(2.0) + 1);
  CHECK(row.out[0] == Approx(3 * weight + 5 * (1 - weight)).epsilon(1e-14));
  CHECK(row.bound[0] > 0);
  CHECK(row.bound[0] < 1e-5);
}

TEST_CASE("Scale, softcap and alibi change scores in this order, as worked out by hand") {
  const float q[] = {2, 2}, k[] = {3, 1}, v[] = {3, 5};  // Of two queries, or of two heads.
  const auto first_weight = [&](const Problem& problem, int64_t head, int64_t query) {
    const Inputs inputs{{q, 1, problem.heads, problem.q_len, 1}, {k, 1, 1, 2, 1}, {v, 1, 1, 2, 1}};
    const OracleRow row = oracle_of(problem, inputs, head, query);
    return (5 - row.out[0]) / 2;
  };
  const auto softmax = [](double a, double b) { return std::exp(a) / (std::exp(a) + std::exp(b)); };
  Problem two_queries{1, 1, 1, 2, 2, 1, false, 0.25, 0, false};
  CHECK(first_weight(two_queries, 0, 0) == Approx(softmax(1.5, 0.5)).epsilon(1e-14));
  two_queries.softcap = 2;
  const double a = 2 * std::tanh(0.75), b = 2 * std::tanh(0.25);
  CHECK(first_weight(two_queries, 0, 0) == Approx(softmax(a, b)).epsilon(1e-14));
  two_queries.alibi = true;  // The slope of one head is 2^-8.
  CHECK(first_weight(two_queries, 0, 0) == Approx(softmax(a, b - 0x1p-8)).epsilon(1e-14));
  CHECK(first_weight(two_queries, 0, 1) == Approx(softmax(a - 0x1p-8, b)).epsilon(1e-14));
  const Problem two_heads{1, 2, 1, 1, 2, 1, false, 0.25, 2, true};  // The query is at the last key.
  CHECK(first_weight(two_heads, 0, 0) == Approx(softmax(a - 0x1p-4, b)).epsilon(1e-14));
  CHECK(first_weight(two_heads, 1, 0) == Approx(softmax(a - 0x1p-8, b)).epsilon(1e-14));
}

TEST_CASE("The slopes of alibi are those of the paper, for any number of heads") {
  const auto slopes = [](int64_t heads) {
    std::vector<double> all;
    for (int64_t h = 0; h < heads; ++h) all.push_back(alibi_slope({1, heads}, h));
    return all;
  };
  CHECK(slopes(8) ==
        std::vector<double>{0x1p-1, 0x1p-2, 0x1p-3, 0x1p-4, 0x1p-5, 0x1p-6, 0x1p-7, 0x1p-8});
  CHECK(slopes(1) == std::vector<double>{0x1p-8});
  CHECK(slopes(3) == std::vector<double>{0x1p-4, 0x1p-8, 0x1p-2});
  const std::vector<double> twelve = slopes(12);  // Those of 8 heads, then every second one of 16.
  CHECK(twelve[7] == 0x1p-8);
  CHECK(twelve[8] == Approx(std::sqrt(0.5)));
  CHECK(twelve[9] == Approx(std::sqrt(0.125)));
  CHECK(twelve[11] == Approx(std::sqrt(1.0 / 128)));
}

TEST_CASE("A query that sees no key has the answer zero, and a bound close to zero") {
  const Problem problem{1, 1, 1, 5, 2, 3, true};
  const InputSet inputs(problem, 1);
  const OracleRow row = oracle_of(problem, inputs.view(), 0, 0);
  for (size_t d = 0; d < 3; ++d) {
    CHECK(row.out[d] == 0);
    CHECK(row.bound[d] < 1e-37);
  }
}

TEST_CASE("The bound stays finite if rounding moves scores by thousands") {
  const float q[] = {1e8f, 1e8f}, k[] = {1e3f, -1e3f, 1e3f, -1.001e3f}, v[] = {1, 0, 2, 0};
  const Problem problem{1, 1, 1, 1, 2, 2, false};
  const Inputs inputs{{q, 1, 1, 1, 2}, {k, 1, 1, 2, 2}, {v, 1, 1, 2, 2}};
  const OracleRow row = oracle_of(problem, inputs, 0, 0);
  CHECK(row.out[0] == Approx(1));
  CHECK(row.bound[0] == Approx(1).epsilon(1e-3));  // The output can at most become the other value.
}

}  // namespace
}  // namespace attnbench::measure
