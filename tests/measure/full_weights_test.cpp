// Tests of the weights of full attention.
#include "measure/full_weights.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "catch.h"
#include "fake_variants.h"
#include "measure/inputs.h"
#include "measure/oracle.h"

namespace attnbench::measure {
namespace {

/// The problems that have each modifier of a score, alone and with others, and every kind of shape.
std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const bool causal : {false, true})
    for (const double softcap : {0.0, 2.0})
      for (const bool alibi : {false, true}) {
        all.push_back({2, 6, 2, 9, 9, 8, causal, 0, softcap, alibi});
        all.push_back({1, 3, 3, 2, 33, 5, causal, 0.7, softcap, alibi});
        all.push_back({1, 2, 1, 9, 4, 16, causal, 0, softcap, alibi});
      }
  return all;
}

TEST_CASE("Weights of full attention give the oracle's output, for every modifier of a score") {
  for (const Problem& p : problems()) {
    const InputSet inputs(p, 5);
    const Inputs in = inputs.view();
    const test::Fake full(test::Behaviour::kTwoPasses);
    const Call call = test::call_of(p);
    for (int64_t row = 0; row < p.batch * p.heads * p.q_len; ++row) {
      const int64_t batch = row / p.q_len / p.heads, head = row / p.q_len % p.heads;
      const int64_t query = row % p.q_len;
      const std::vector<double> weights = full_weights(p, in, batch, head, query);
      const std::vector<double> out = weighted_values(full_row(p, in, batch, head, query), weights);
      const OracleRow oracle = oracle_row(query_row(full, call, in, batch, head, query));
      REQUIRE(out == oracle.out);
      REQUIRE(std::ssize(weights) == full_keys(p, query));
      if (!weights.empty())
        REQUIRE(std::reduce(weights.begin(), weights.end()) == Approx(1).epsilon(1e-14));
    }
  }
}

TEST_CASE("Weights of two keys are those worked out by hand") {
  const float q[] = {2}, k[] = {1, 0}, v[] = {3, 5};
  const Problem p{1, 1, 1, 1, 2, 1, false};
  const Inputs in{{q, 1, 1, 1, 1}, {k, 1, 1, 2, 1}, {v, 1, 1, 2, 1}};
  const std::vector<double> weights = full_weights(p, in, 0, 0, 0);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0] == Approx(std::exp(2.0) / (std::exp(2.0) + 1)).epsilon(1e-15));
  CHECK(weighted_values(full_row(p, in, 0, 0, 0), weights)[0] ==
        Approx(3 * weights[0] + 5 * weights[1]).epsilon(1e-15));
}

TEST_CASE("A query that full attention shows no key has no weights and the output zero") {
  const Problem p{1, 1, 1, 5, 2, 3, true};
  const InputSet inputs(p, 1);
  CHECK(full_keys(p, 2) == 0);
  CHECK(full_keys(p, 3) == 1);
  CHECK(full_weights(p, inputs.view(), 0, 0, 2).empty());
  CHECK(weighted_values(full_row(p, inputs.view(), 0, 0, 2), {}) == std::vector<double>(3, 0.0));
}

TEST_CASE("Keys that causality hides may hold NaN") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float q[] = {1, 1}, k[] = {1, nan}, v[] = {3, nan};
  const Problem p{1, 1, 1, 2, 2, 1, true};
  const Inputs in{{q, 1, 1, 2, 1}, {k, 1, 1, 2, 1}, {v, 1, 1, 2, 1}};
  CHECK(full_weights(p, in, 0, 0, 0) == std::vector<double>{1});
  CHECK(std::isnan(full_weights(p, in, 0, 0, 1)[0]));
}

}  // namespace
}  // namespace attnbench::measure
