// The estimate of a sweep's time.
#include "run/estimate.h"

#include "catch.h"

using namespace attnbench;

namespace {

/// A machine of which one thread does 1 GFLOP in 10 ms at half of its peak.
run::EstimateOptions options(int rounds) {
  run::EstimateOptions o;
  o.rounds = rounds;
  o.min_time_s = 0.001;
  o.timeout_s = 1000;
  o.fma_gflops_thread = 200;
  o.cores = 2;
  return o;
}

record::Case giga_flops(int64_t count, int threads) {
  record::Case c;
  c.flops = count * 1'000'000'000;
  c.threads = threads;
  return c;
}

double seconds_a_round(const std::vector<record::Case>& cases) {
  return run::estimate_s(cases, options(11)) - run::estimate_s(cases, options(10));
}

}  // namespace

TEST_CASE("A round's estimate grows by the case's first call and its sample") {
  const double small = seconds_a_round({giga_flops(100, 1)});
  const double large = seconds_a_round({giga_flops(200, 1)});
  CHECK(large - small == Approx(2 * 100 * 0.01));
}

TEST_CASE("The estimate counts on as many threads as there are cores, and no more") {
  const double one = seconds_a_round({giga_flops(400, 1)});
  const double two = seconds_a_round({giga_flops(400, 2)});
  CHECK(one - two == Approx(2 * 400 * 0.01 / 2));
  CHECK(seconds_a_round({giga_flops(400, 8)}) == Approx(two));
}

TEST_CASE("A case in bf16 is as fast as native multiply-adds of bf16, if there are any") {
  run::EstimateOptions o = options(11), fewer = options(10);
  const auto seconds = [&](Type kv_dtype) {
    record::Case c = giga_flops(400, 1);
    c.problem.dtype = Type::kBf16;
    c.problem.kv_dtype = kv_dtype;
    return run::estimate_s({c}, o) - run::estimate_s({c}, fewer);
  };
  const double widened = seconds(Type::kBf16);
  o.bf16_gflops_thread = fewer.bf16_gflops_thread = 800;
  CHECK(widened - seconds(Type::kBf16) == Approx(2 * 400 * 0.01 * 3 / 4));
  CHECK(seconds(Type::kInt8) == Approx(widened));
}

TEST_CASE("A skipped case takes no time, and a slow one no more than its time-out") {
  record::Case skipped = giga_flops(100, 1);
  skipped.outcome = record::Outcome::kSkipped;
  CHECK(run::estimate_s({skipped}, options(9)) == 0);
  run::EstimateOptions limited = options(9);
  limited.timeout_s = 2;
  const double ceilings_s = run::estimate_s({giga_flops(0, 1)}, limited);
  CHECK(run::estimate_s({giga_flops(1'000'000, 1)}, limited) - ceilings_s ==
        Approx(10 * 2).margin(0.5));
}
