// based: its definition by features, and its kernel, against the Taylor series itself.
#include "catch.h"
#include "linear_cases.h"

using namespace attnbench;

namespace {

/// Weights 1 + x + x^2 / 2, all at once, with x = factor * (P q)·(P k).
Rows64 expected(const Tried& tried, int64_t batch, int64_t head, double factor) {
  const Problem& p = tried.problem();
  Rows64 q = tried.q(batch, head), k = tried.k(batch, head);
  if (tried.inputs().extra_count > 0) {
    const Rows64 projection = tried.matrix(0, head / (p.heads / p.kv_heads));
    q = q * projection.transpose();
    k = k * projection.transpose();
  }
  Rows64 weights =
      (factor * q * k.transpose()).unaryExpr([](double x) { return 1 + x + x * x / 2; });
  for (int64_t i = 0; p.causal && i < p.q_len; ++i)
    for (int64_t j = std::max<int64_t>(aligned_position(p, i) + 1, 0); j < p.kv_len; ++j)
      weights(i, j) = 0;
  const Rows64 sums = weights * tried.v(batch, head);
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  for (int64_t i = 0; i < p.q_len; ++i)
    if (weights.row(i).sum() > 0) out.row(i) = sums.row(i) / weights.row(i).sum();
  return out;
}

}  // namespace

TEST_CASE("based's products of features are 1 + x + x^2/2 of projected rows") {
  for (const int64_t dims : {3, 16, 33})
    for_each_linear_problem([&](const Problem& p) {
      CAPTURE(dims);
      const Tried tried("based", p, {dims});
      const auto used = static_cast<double>(std::min(dims, p.head_dim));
      const auto right = [&](int64_t b, int64_t h) {
        return expected(tried, b, h, 1 / std::sqrt(used));
      };
      CHECK(tried.worst_error(tried.define(), right) < 1e-11);
      CHECK(tried.worst_error(tried.forward(2), right) < 5e-6);
    });
}

TEST_CASE("based takes a scale for its factor of the product, also a negative one") {
  for (const double scale : {0.4, -0.3})
    for (const int64_t queries : {2, 90}) {
      Problem p{1, 2, 1, queries, 100, 20, true};
      p.scale = scale;
      CAPTURE(scale, queries);
      const Tried tried("based", p, {12});
      const auto right = [&](int64_t b, int64_t h) { return expected(tried, b, h, scale); };
      CHECK(tried.worst_error(tried.define(), right) < 1e-11);
      CHECK(tried.worst_error(tried.forward(2), right) < 5e-6);
    }
}

TEST_CASE("based declares a projection, which training would set, only if rows are longer") {
  const auto extras = [](int64_t head_dim) {
    const Tried tried("based", {1, 4, 2, 3, 3, head_dim}, {16});
    return registry::extra_inputs(tried.variant(), tried.call());
  };
  CHECK(extras(16).empty());
  REQUIRE(extras(17).size() == 1);
  CHECK(extras(17)[0].learned);
  CHECK(extras(17)[0].heads == 2);
  CHECK(extras(17)[0].len == 16);
  CHECK(extras(17)[0].dim == 17);
}

TEST_CASE("based counts each square and each product of two dims once") {
  const int64_t n = 4096, d = 64, features = 1 + 16 + 16 * 17 / 2;
  const Tried tried("based", {1, 1, 1, n, n, d, true}, {16});
  CHECK(tried.variant().inexact()->cost(tried.call()).flops.value() ==
        n * (2 * (2 * 16 * d + 16 * 17 / 2) + features * (2 * d + 1) + 2 * features * (d + 1) + d));
}

TEST_CASE("based and cosformer count pairs, and no map, where that is less") {
  const auto flops = [](const char* name, const Problem& p, std::vector<int64_t> params) {
    const Tried tried(name, p, std::move(params));
    return tried.variant().inexact()->cost(tried.call()).flops.value();
  };
  const int64_t n = 1000;
  CHECK(flops("based", {1, 1, 1, 1, n, 16, true}, {16}) == n * (2 * 16 + 4 + 1 + 2 * 16) + 16);
  CHECK(flops("cosformer", {1, 1, 1, 1, n, 64, true}, {}) == n * (2 * 64 + 1 + 1 + 2 * 64) + 64);
  CHECK(flops("based", {1, 1, 1, 500, 300, 20, true}, {16}) ==
        flops("based", {1, 1, 1, 300, 300, 20, true}, {16}));
}

TEST_CASE("based has the same bits for any number of threads") {
  for_each_linear_problem([](const Problem& p) {
    const Tried tried("based", p, {9});
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3, 5}) CHECK(tried.forward(threads) == one);
  });
}
