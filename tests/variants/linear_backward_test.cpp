// linear_elu's gradients: their definition against differences, the kernel against the definition.
#include <cstring>

#include "catch.h"
#include "linear_cases.h"
#include "trained.h"

using namespace attnbench;

TEST_CASE("The definition of linear attention's gradients agrees with central differences") {
  for (Problem p :
       {Problem{1, 2, 1, 5, 7, 3}, Problem{2, 2, 2, 6, 4, 2}, Problem{1, 3, 1, 4, 4, 5}})
    for (const bool causal : {false, true}) {
      p.causal = causal;
      CAPTURE(p.heads, p.q_len, p.kv_len, p.causal);
      Trained one("linear_elu", p);
      CHECK(worst_difference(one.define<double>(), one.differences()) < 1e-4);
    }
}

TEST_CASE("Linear attention's kernel has the gradients of its definition, and the same output") {
  for_each_linear_problem([](const Problem& p) {
    const Trained one("linear_elu", p);
    const Trained::Step step = one.step();
    // A single key's value is the output, and so the gradients of it and of queries are all but
    // zero.
    const double least = p.kv_len == 1 ? 1 : 0;
    CHECK(worst_difference(step.gradients, one.define<double>(), least) < 2e-6);
    CHECK(step.out == one.tried().forward());
  });
}

TEST_CASE("Linear attention's gradients have the same bits for any number of threads") {
  for_each_linear_problem([](const Problem& p) {
    const Trained one("linear_elu", p);
    const Trained::Step alone = one.step(1);
    for (const int threads : {2, 3, 5}) CHECK(one.step(threads) == alone);
  });
}

TEST_CASE("Linear attention's gradients of queries before the first key are zero") {
  // The second problem's forward pass is done pair by pair.
  for (const Problem& p : {Problem{1, 2, 1, 50, 20, 16, true}, Problem{1, 2, 1, 5, 2, 64, true}}) {
    const Trained::Step step = Trained("linear_elu", p).step();
    std::vector<float> factors(step.saved.size() / sizeof(float));
    std::memcpy(factors.data(), step.saved.data(), step.saved.size());
    for (int64_t row = 0; row < p.heads * p.q_len; ++row) {
      const bool blind = row % p.q_len < p.q_len - p.kv_len;
      const auto at = static_cast<size_t>(row * p.head_dim);
      CHECK((factors[static_cast<size_t>(row)] == 0) == blind);
      CHECK((step.gradients[0][at] == 0) == blind);
    }
  }
}

TEST_CASE("Linear attention saves one float a query for backward, and counts five products") {
  const auto cost = [](const Problem& p) {
    const Tried tried("linear_elu", p);
    const Differentiable* const trained = tried.variant().differentiable();
    CHECK(trained->saved_bytes(tried.call()) == count(4, p.batch, p.heads, p.q_len));
    return trained->defines_gradients()->backward_cost(tried.call());
  };
  const int64_t d = 64, n = 2048;
  CHECK(cost({1, 8, 8, n, n, d, true}).flops.value() == 8 * n * (10 * d * d + 6 * d + 3 * d));
  CHECK(cost({1, 8, 2, n, n, d, false}).flops.value() ==
        n * (2 * (6 * d * d + 2 * d) + 8 * (4 * d * d + 7 * d)));
  // One query: each key takes 2 d for its weight, 2 d + 1 for the gradient of that, and 6 d.
  CHECK(cost({1, 1, 1, 1, n, d, true}).flops.value() == n * (10 * d + 1) + 3 * d);
  // q, d_out and d_q; k, v, d_k and d_v.
  CHECK(cost({1, 8, 2, n, n, d, true}).traffic_bytes.value() == 4 * n * d * (3 * 8 + 4 * 2));
}
