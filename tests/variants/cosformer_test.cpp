// cosformer: its definition and its kernel against the recurrence with sines and cosines.
#include <algorithm>
#include <numbers>

#include "catch.h"
#include "linear_cases.h"

using namespace attnbench;

namespace {

/// [x' sin, x' cos] of rows with x' = relu(x), the first of which stands at `position`: the form
/// with which section 3.2 of Qin et al. 2022 ends.
Rows64 turned(const Problem& p, const Rows64& x, int64_t position) {
  Rows64 out(x.rows(), 2 * x.cols());
  const auto span = static_cast<double>(std::max(p.q_len, p.kv_len));
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const double angle = std::numbers::pi / 2 * static_cast<double>(position + i) / span;
    const auto relu = x.row(i).cwiseMax(0);
    out.row(i) << relu * std::sin(angle), relu * std::cos(angle);
  }
  return out;
}

Rows64 expected(const Tried& tried, int64_t batch, int64_t head) {
  const Problem& p = tried.problem();
  return recurrence(p, turned(p, tried.q(batch, head), aligned_position(p, 0)),
                    turned(p, tried.k(batch, head), 0), tried.v(batch, head),
                    [](double weights) { return std::max(weights, 1e-6); });
}

}  // namespace

TEST_CASE("cosformer's cosines of distances equal products of sines and cosines of positions") {
  for_each_linear_problem([](const Problem& p) {
    const Tried tried("cosformer", p);
    const auto right = [&](int64_t b, int64_t h) { return expected(tried, b, h); };
    CHECK(tried.worst_error(tried.define(), right) < 1e-11);
    CHECK(tried.worst_error(tried.forward(2), right) < 3e-6);
  });
}

TEST_CASE("cosformer has the same bits for any number of threads") {
  for_each_linear_problem([](const Problem& p) {
    const Tried tried("cosformer", p);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3, 5}) CHECK(tried.forward(threads) == one);
  });
}

TEST_CASE("cosformer weighs equal keys by the cosine of their distance") {
  // Of three keys the last query, which stands at position 2, gives the weights cos(60), cos(30)
  // and cos(0) degrees. The values are 1, 10 and 100 in the first dim.
  const Tried tried("cosformer", {1, 1, 1, 3, 3, 2, true});
  const std::vector<float> ones(6, 1.0f), values{1, 0, 10, 0, 100, 0};
  std::vector<float> out(6);
  const Inputs in{
      {ones.data(), 1, 1, 3, 2}, {ones.data(), 1, 1, 3, 2}, {values.data(), 1, 1, 3, 2}};
  const machine::Buffer scratch = tried.workspace(1);
  tried.variant().forward(tried.call(), in, {out.data(), 1, 1, 3, 2},
                          {scratch.data(), scratch.size()});
  const double far = 0.5, near = std::sqrt(3.0) / 2;
  CHECK(out[4] == Approx((far + 10 * near + 100) / (far + near + 1)));
  CHECK(out[2] == Approx((near + 10) / (near + 1)));
  CHECK(out[0] == 1.0f);
}

TEST_CASE("A cosformer query without a positive product of features yields zeros") {
  for (const int64_t queries : {1, 40}) {
    const Tried tried("cosformer", {1, 1, 1, queries, queries, 4, true});
    const auto n = static_cast<size_t>(4 * queries);
    const std::vector<float> q(n, -1.0f), k(n, 1.0f);
    std::vector<float> out(n, 7.0f);
    const Tensor<const float> keys{k.data(), 1, 1, queries, 4};
    const machine::Buffer scratch = tried.workspace(1);
    tried.variant().forward(tried.call(), {{q.data(), 1, 1, queries, 4}, keys, keys},
                            {out.data(), 1, 1, queries, 4}, {scratch.data(), scratch.size()});
    CHECK(out == std::vector<float>(n, 0.0f));
  }
}
