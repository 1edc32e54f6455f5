// Tests of the sharp bound: plain float loops pass at every length, small errors do not.
#include "measure/float_runs.h"

#include <algorithm>

#include "catch.h"
#include "fake_variants.h"
#include "measure/check_output.h"
#include "measure/inputs.h"

namespace attnbench::measure {
namespace {

using test::Behaviour;
using test::Fake;

constexpr InputStyle kStyles[] = {InputStyle::kNormal, InputStyle::kLargeLogits,
                                  InputStyle::kAllEqual, InputStyle::kOneHot,
                                  InputStyle::kEqualWeights};

/// A call of a variant on one problem, whose output tests may spoil.
struct Trial {
  Problem problem;
  Fake variant;
  InputSet inputs;
  machine::Buffer memory;

  Trial(Behaviour behaviour, const Problem& p, InputStyle style, uint64_t seed)
      : problem(p),
        variant(behaviour),
        inputs(p, seed, style),
        memory(static_cast<size_t>(output_bytes(p))) {
    variant.forward(call(), inputs.view(), out(), {memory.data(), 0});
  }
  Call call() const { return test::call_of(problem); }
  Tensor<float> out() { return output_tensor(problem, memory); }
  Verdict judge() { return check_output(variant, call(), inputs.view(), out(), 1 << 20, 0); }
};

TEST_CASE("Plain float loops pass at every length and on every style of input") {
  for (const int64_t n : {1, 2, 17, 256, 4096, 32768, 131072})
    for (const InputStyle style : kStyles)
      for (const Behaviour behaviour : {Behaviour::kTwoPasses, Behaviour::kOnline}) {
        Trial trial(behaviour, {1, 1, 1, 1, n, 64, false}, style, 3);
        const Verdict verdict = trial.judge();
        INFO("n " << n << ", style " << static_cast<int>(style) << ", " << verdict.reason);
        CHECK(verdict.ok);
        CHECK(verdict.check.worst_error_over_bound < 0.6);
      }
}

TEST_CASE("An exponential that is off by four ulp passes at great length") {
  for (const int64_t n : {4096, 32768}) {
    Trial trial(Behaviour::kSloppyExponential, {1, 1, 1, 2, n, 64, false}, InputStyle::kNormal, 3);
    CHECK(trial.judge().ok);
  }
}

TEST_CASE("A relative error of 1e-4 in one row of 16,384 keys is refused with every seed") {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Trial trial(Behaviour::kTwoPasses, {1, 1, 1, 3, 16384, 64, false}, InputStyle::kNormal, seed);
    const Verdict right = trial.judge();
    REQUIRE(right.ok);
    CHECK(right.check.visible_error.value() > 1e-6);
    CHECK(right.check.visible_error.value() < 1e-4);
    float* const row = trial.out().row(0, 0, 1);
    std::transform(row, row + 64, row, [](float x) { return x * 1.0001f; });
    CHECK_FALSE(trial.judge().ok);
  }
}

TEST_CASE("An error of the size that the check says it would see is seen, one far below is not") {
  for (const int64_t n : {16, 1024}) {
    Trial trial(Behaviour::kTwoPasses, {1, 1, 1, 1, n, 64, false}, InputStyle::kNormal, 3);
    const std::vector<float> right(trial.out().data, trial.out().data + 64);
    const double visible = trial.judge().check.visible_error.value();
    const auto scaled = [&](double factor) {
      std::transform(right.begin(), right.end(), trial.out().data,
                     [&](float x) { return static_cast<float>(x * factor); });
      return trial.judge();
    };
    CHECK_FALSE(scaled(1 + 1.5 * visible).ok);
    CHECK(scaled(1 + 0.1 * visible).ok);
  }
}

TEST_CASE("The sharp bound is never above the outer limit, and far below it at length") {
  const Problem problem{1, 1, 1, 1, 4096, 16, false};
  const Fake variant(Behaviour::kTwoPasses);
  const Call call = test::call_of(problem);
  for (const InputStyle style : kStyles) {
    const InputSet inputs(problem, 2, style);
    const QueryRow row = query_row(variant, call, inputs.view(), 0, 0, 0);
    const OracleRow oracle = oracle_row(row);
    const std::vector<double> sharp = sharp_bound(row, oracle);
    for (size_t d = 0; d < sharp.size(); ++d) {
      CHECK(sharp[d] <= oracle.bound[d]);
      if (style == InputStyle::kNormal) CHECK(sharp[d] < oracle.bound[d] / 20);
    }
  }
}

TEST_CASE("Where rounding moves scores by thousands, the outer limit stands alone") {
  const float q[] = {1e8f, 1e8f}, k[] = {1e3f, -1e3f, 1e3f, -1.001e3f}, v[] = {1, 0, 2, 0};
  const Problem problem{1, 1, 1, 1, 2, 2, false};
  const Inputs inputs{{q, 1, 1, 1, 2}, {k, 1, 1, 2, 2}, {v, 1, 1, 2, 2}};
  const Call call = test::call_of(problem);
  const QueryRow row = query_row(Fake(Behaviour::kTwoPasses), call, inputs, 0, 0, 0);
  const OracleRow oracle = oracle_row(row);
  CHECK(oracle.spread.empty());
  CHECK(sharp_bound(row, oracle) == oracle.bound);
}

}  // namespace
}  // namespace attnbench::measure
