// A small conformance run of the engine, of patterns that take each of its paths, and of `full`,
// for an emulator to run. It uses no test framework, so that only this project is cross-compiled.
#include <algorithm>
#include <cstdio>
#include <string>

#include "variants/naive.h"

using namespace attnbench;

namespace {

struct Trial {
  const char* variant;
  std::vector<int64_t> params;
  Problem problem;
};

/// Whole strips, their remainders, few rows, cut keys, dims that fill no vector, queries a step
/// apart, two passes, rows of their own, each score modifier, and each type.
const Trial kTrials[] = {
    {"blocked", {96, 64}, {1, 2, 1, 61, 61, 64, true}},
    {"blocked", {96, 64}, {1, 2, 2, 23, 75, 40, false}},
    {"blocked", {1, 8}, {2, 1, 1, 9, 33, 3, false}},
    {"blocked", {96, 64}, {1, 4, 2, 1, 1500, 64, true}},
    {"blocked", {96, 64}, {1, 4, 1, 16, 1100, 32, true}},
    {"blocked", {96, 64}, {1, 1, 1, 12, 5, 16, true}},
    {"blocked", {96, 64}, {1, 2, 1, 1, 700, 42, true}},
    {"window", {20, 0}, {1, 2, 1, 97, 97, 80, true}},
    {"window", {7, 3}, {1, 1, 1, 50, 64, 33, false}},
    {"window", {30, 0}, {1, 2, 2, 70, 70, 64, true, 0, 5}},
    {"window", {30, 0}, {1, 2, 1, 40, 90, 64, true, 0.3, 0, true}},
    {"dilated", {20, 5, 3}, {1, 2, 1, 90, 110, 64, false}},
    {"strided", {12}, {1, 2, 1, 130, 130, 40, true}},
    {"sink_window", {16, 4}, {1, 1, 1, 77, 77, 72, true}},
    {"bigbird", {8, 1, 1, 2}, {1, 2, 2, 100, 100, 32, false}},
    {"online", {}, {1, 2, 1, 33, 65, 40, true, 0, 5, true}},
    {"chunked", {}, {1, 2, 1, 33, 65, 40, true}},
    {"full", {}, {1, 2, 1, 61, 75, 40, true}},
    {"full", {}, {1, 2, 1, 30, 30, 64, true, 0, 5, true}},
    {"full", {}, {1, 1, 1, 3, 40, 300, false}},
    {"blocked", {96, 64}, {1, 2, 2, 61, 75, 64, true, 0, 0, false, Type::kBf16, Type::kBf16}},
    {"blocked", {96, 64}, {1, 2, 1, 23, 75, 33, false, 0, 0, false, Type::kBf16, Type::kInt8}},
    {"blocked", {96, 64}, {1, 4, 1, 1, 700, 64, true, 0, 0, false, Type::kF16, Type::kQ8_0}},
    {"dilated", {20, 5, 3}, {1, 2, 1, 90, 110, 64, false, 0, 0, false, Type::kF32, Type::kF16}},
    {"strided", {12}, {1, 2, 1, 130, 130, 40, true, 0, 0, false, Type::kF16, Type::kF16}},
};

constexpr double kTolerance = 5e-6;

bool holds(const Trial& trial) {
  const Bench bench(variant_named(trial.variant), trial.problem, trial.params);
  const std::vector<float> once = bench.forward(1);
  const double error = bench.worst_error(once);
  const bool same_bits = bench.forward(2) == once;
  const bool right = error < kTolerance;
  const Problem& p = trial.problem;
  std::printf(
      "%s %s q_len %lld kv_len %lld head_dim %lld: worst error %.2g, %s bits by 2 threads\n",
      right && same_bits ? "ok  " : "FAIL", trial.variant, static_cast<long long>(p.q_len),
      static_cast<long long>(p.kv_len), static_cast<long long>(p.head_dim), error,
      same_bits ? "same" : "other");
  return right && same_bits;
}

}  // namespace

int main() {
  const auto failures =
      std::size(kTrials) - std::count_if(std::begin(kTrials), std::end(kTrials), holds);
  return failures == 0 ? 0 : 1;
}
