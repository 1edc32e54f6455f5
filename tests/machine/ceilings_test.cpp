// Tests of the loops that ceilings time, and of what is measured by them.
#include "machine/ceilings.h"

#include <algorithm>

#include "catch.h"
#include "machine/ceilings_kernel.h"
#include "machine/cpu_features.h"

namespace attnbench::machine {
namespace {

/// What one more round adds to the result, which is exact in float32.
double sum_of_round(const MultiplyAdds& loop) {
  return static_cast<double>(loop.run(5, 1, 1) - loop.run(4, 1, 1));
}

TEST_CASE("A round does as many multiply-adds as it states: each adds 1 x 1") {
  for (const MultiplyAdds* loop : {&kFma, &kCrowdedFma, &kBf16}) {
    if (loop->run == nullptr) continue;
    CHECK(loop->operations > 0);
    CHECK(sum_of_round(*loop) == static_cast<double>(loop->operations) / 2);
  }
  if (kInt8.run != nullptr)  // In eighths: 8 x 8.
    CHECK(sum_of_round(kInt8) == static_cast<double>(kInt8.operations) / 2 * 64);
}

TEST_CASE("bf16 and int8 have loops of their own exactly if the variants' CPU multiplies them") {
  const std::vector<std::string> features = compiled_features();
  const auto has = [&](const char* name) {
    return std::ranges::find(features, name) != features.end();
  };
  CHECK((kBf16.run != nullptr) == has("avx512bf16"));
  CHECK((kInt8.run != nullptr) == (has("avx512vnni") || (has("avxvnni") && !has("avx512f"))));
  // As many instructions a round as FMA has: only what one of them does differs.
  if (kBf16.run != nullptr) CHECK(kBf16.operations == 2 * kFma.operations);
  if (kInt8.run != nullptr) CHECK(kInt8.operations == 4 * kFma.operations);
}

TEST_CASE("A moment has the rate of bf16 only if it is asked for and the CPU multiplies bf16") {
  CHECK_FALSE(measure_moment(1, false).bf16_gflops);
  const Moment moment = measure_moment(1, true);
  CHECK(moment.fma_gflops > 0);
  CHECK(moment.crowded_gflops > 0);
  CHECK(moment.bf16_gflops.has_value() == (kBf16.run != nullptr));
  CHECK(moment.bf16_gflops.value_or(1) > 0);
}

}  // namespace
}  // namespace attnbench::machine
