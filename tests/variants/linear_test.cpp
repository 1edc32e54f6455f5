// linear_elu: its definition and its kernel against the recurrence, in double.
#include "catch.h"
#include "linear_cases.h"

using namespace attnbench;

namespace {

Rows64 phi(const Rows64& x) {
  return x.unaryExpr([](double y) { return y > 0 ? y + 1 : std::exp(y); });
}

Rows64 expected(const Tried& tried, int64_t batch, int64_t head) {
  return recurrence(tried.problem(), phi(tried.q(batch, head)), phi(tried.k(batch, head)),
                    tried.v(batch, head), [](double weights) { return weights + 1e-6; });
}

}  // namespace

TEST_CASE("Linear attention equals the recurrence of its paper, causal and not") {
  for_each_linear_problem([](const Problem& p) {
    const Tried tried("linear_elu", p);
    const auto right = [&](int64_t b, int64_t h) { return expected(tried, b, h); };
    CHECK(tried.worst_error(tried.define(), right) < 1e-12);
    CHECK(tried.worst_error(tried.forward(2), right) < 2e-6);
  });
}

TEST_CASE("Linear attention has the same bits for any number of threads") {
  for_each_linear_problem([](const Problem& p) {
    const Tried tried("linear_elu", p);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3, 5}) CHECK(tried.forward(threads) == one);
  });
}

TEST_CASE("Linear attention counts the recurrence's operations, or those of the pairs if fewer") {
  const auto flops = [](const Problem& p) {
    return Tried("linear_elu", p).variant().inexact()->cost({p, nullptr, 1}).flops.value();
  };
  // A key: 2 d^2 for the products, d for their features' sum. A query: 2 d^2, 2 d, and d to divide.
  const int64_t d = 64, n = 2048;
  CHECK(flops({1, 8, 8, n, n, d, true}) == 8 * n * (4 * d * d + 4 * d));
  CHECK(flops({1, 8, 2, n, n, d, false}) == n * (2 * (2 * d * d + d) + 8 * (2 * d * d + 3 * d)));
  // One query: each key takes 2 d for its weight, 1 for their sum and 2 d for its value.
  CHECK(flops({1, 1, 1, 1, n, d, true}) == n * (4 * d + 1) + d);
  // Queries before the first key do nothing.
  CHECK(flops({1, 1, 1, 500, 300, 8, true}) == flops({1, 1, 1, 300, 300, 8, true}));
}

TEST_CASE("Features that are tiny in float32 still weigh keys rightly") {
  struct Pair {
    float q, k;
  };
  // The products of the features are denormal in float32, and in the second case the features too.
  for (const auto& [of_q, of_k] : {Pair{-45, -45}, Pair{0, -100}})
    for (const int64_t queries : {1, 40}) {
      CAPTURE(of_q, of_k, queries);
      const auto n = static_cast<size_t>(4 * queries);
      const Tried tried("linear_elu", {1, 1, 1, queries, queries, 4, true});
      const std::vector<float> q(n, of_q), k(n, of_k), v(n, 2.0f);
      std::vector<float> out(n);
      const Inputs in{
          {q.data(), 1, 1, queries, 4}, {k.data(), 1, 1, queries, 4}, {v.data(), 1, 1, queries, 4}};
      const machine::Buffer scratch = tried.workspace(1);
      tried.variant().forward(tried.call(), in, {out.data(), 1, 1, queries, 4},
                              {scratch.data(), scratch.size()});
      for (size_t i = 0; i < n; ++i) {
        const double weights = 4 * std::exp(static_cast<double>(of_q) + static_cast<double>(of_k)) *
                               static_cast<double>(i / 4 + 1);
        CHECK(out[i] == Approx(2 * weights / (weights + 1e-6)).epsilon(2e-5));
      }
    }
}

TEST_CASE("Linear attention needs as much workspace for long sequences as for short ones") {
  const auto bytes = [](int64_t q_len, int64_t kv_len, int threads, bool causal) {
    const Problem p{1, 12, 12, q_len, kv_len, 64, causal};
    return entry_named("linear_elu").variant->workspace_bytes({p, nullptr, threads});
  };
  for (const bool causal : {false, true})
    for (const int threads : {5, 8, 16}) {
      CAPTURE(causal, threads);
      const Count few = bytes(1, 1024, threads, causal);
      CHECK(bytes(1, 16384, threads, causal) == few);
      CHECK(bytes(1, 1 << 20, threads, causal) == few);
      const Count all = bytes(1024, 1024, threads, causal);
      CHECK(bytes(16384, 16384, threads, causal) == all);
      CHECK(bytes(1 << 20, 1 << 20, threads, causal) == all);
    }
}
