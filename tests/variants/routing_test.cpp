// routing: its clusters and its output against dense matrices and sorting, in double.
#include <algorithm>

#include "catch.h"
#include "inexact.h"

using namespace attnbench;

namespace {

struct Case {
  Problem problem;
  int64_t clusters;
};
const Case kCases[] = {
    {{1, 2, 1, 150, 150, 16}, 0}, {{2, 4, 2, 60, 300, 40}, 7},   {{1, 1, 1, 90, 40, 33}, 5},
    {{1, 4, 2, 1, 700, 64}, 0},   {{1, 1, 1, 900, 900, 8}, 3},   {{1, 1, 1, 5, 3, 2}, 3},
    {{1, 2, 2, 70, 70, 130}, 70}, {{1, 1, 1, 500, 500, 4}, 100}, {{1, 1, 1, 300, 200, 20}, 1}};

/// Algorithm 1's LayerNorm: each row with mean 0 and variance 1.
Rows64 normalised(const Rows64& x) {
  Rows64 out = x.colwise() - x.rowwise().mean().eval();
  for (Eigen::Index i = 0; i < out.rows(); ++i)
    out.row(i) /= std::sqrt(out.row(i).squaredNorm() / static_cast<double>(x.cols()) + 1e-6);
  return out;
}

Rows64 centroids(const Tried& tried, int64_t head) {
  const Problem& p = tried.problem();
  const Tensor<const float>& drawn = tried.inputs().extra[0];
  Rows64 out(drawn.len, drawn.dim);
  for (Eigen::Index i = 0; i < out.size(); ++i)
    out.data()[i] = static_cast<double>(drawn.head(0, head / (p.heads / p.kv_heads))[i]);
  return out;
}

/// [clusters, rows]: 1 if the centroid takes the row, by sorting; rows must not tie.
Rows64 taken(const Rows64& means, const Rows64& x) {
  const Rows64 scores = means * normalised(x).transpose();
  const int64_t wanted = (x.rows() + means.rows() - 1) / means.rows();
  Rows64 out = Rows64::Zero(scores.rows(), scores.cols());
  for (Eigen::Index c = 0; c < scores.rows(); ++c) {
    std::vector<Eigen::Index> order(static_cast<size_t>(x.rows()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](Eigen::Index a, Eigen::Index b) { return scores(c, a) > scores(c, b); });
    for (int64_t i = 0; i < wanted; ++i) out(c, order[static_cast<size_t>(i)]) = 1;
  }
  return out;
}

/// For each centroid the whole matrix of weights, masked and made to sum to 1; then their mean.
Rows64 dense(const Tried& tried, int64_t batch, int64_t head) {
  const Problem& p = tried.problem();
  const Rows64 q = tried.q(batch, head), k = tried.k(batch, head), v = tried.v(batch, head);
  const Rows64 queries = taken(centroids(tried, head), q), keys = taken(centroids(tried, head), k);
  const double scale = score_scale(p);
  const Rows64 weights = (scale * q * k.transpose()).array().exp();
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  for (Eigen::Index c = 0; c < queries.rows(); ++c) {
    Rows64 masked = weights * keys.row(c).asDiagonal();
    masked = masked.array().colwise() / masked.rowwise().sum().array();
    out += queries.row(c).asDiagonal() * masked * v;
  }
  const Eigen::RowVectorXd times = queries.colwise().sum().cwiseMax(1);
  return times.cwiseInverse().asDiagonal() * out;
}

std::vector<int32_t> decided(const Tried& tried, int64_t batch, int64_t head) {
  const Deciding& routing = *tried.variant().deciding();
  std::vector<int32_t> decisions(static_cast<size_t>(routing.decision_count(tried.call()).value()));
  const machine::Buffer scratch = tried.workspace(1);
  routing.decide(tried.call(), tried.inputs(), batch, head, decisions.data(),
                 {scratch.data(), scratch.size()});
  return decisions;
}

/// All rows of one head by the definition, given what was decided.
std::vector<double> defined(const Tried& tried, int64_t batch, int64_t head) {
  const Problem& p = tried.problem();
  std::vector<int64_t> numbers(static_cast<size_t>(p.q_len));
  std::iota(numbers.begin(), numbers.end(), (batch * p.heads + head) * p.q_len);
  std::vector<double> out(numbers.size() * static_cast<size_t>(p.head_dim));
  tried.variant().defined_given_decisions()->define(tried.call(), tried.inputs(),
                                                    decided(tried, batch, head).data(),
                                                    {numbers.data(), p.q_len}, out.data());
  return out;
}

}  // namespace

TEST_CASE("Routed attention is the mean of softmaxes over the clusters that sorting finds") {
  for (const Case& each : kCases) {
    Problem p = each.problem;
    p.scale = p.head_dim == 40 ? 0.3 : 0;
    const Tried tried("routing", p, {each.clusters, 0});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, each.clusters);
    CHECK(tried.worst_error(tried.forward(2),
                            [&](int64_t b, int64_t h) { return dense(tried, b, h); }) < 5e-6);
    for (int64_t h = 0; h < p.heads; ++h) {
      const std::vector<double> rows = defined(tried, p.batch - 1, h);
      const Rows64 right = dense(tried, p.batch - 1, h);
      double worst = 0;
      for (Eigen::Index i = 0; i < right.size(); ++i)
        worst = std::max(worst, std::abs(rows[static_cast<size_t>(i)] - right.data()[i]));
      CHECK(worst < 1e-12);
    }
  }
}

TEST_CASE("A centroid takes the rows that sorting finds, and says so") {
  for (const Case& each : kCases) {
    const Problem& p = each.problem;
    const Tried tried("routing", p, {each.clusters, 0});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, each.clusters);
    for (int64_t h = 0; h < p.heads; ++h) {
      std::vector<int32_t> expected;
      for (const Rows64& rows : {tried.q(0, h), tried.k(0, h)}) {
        const Rows64 its = taken(centroids(tried, h), rows);
        for (Eigen::Index c = 0; c < its.rows(); ++c)
          for (Eigen::Index i = 0; i < its.cols(); ++i)
            if (its(c, i) > 0) expected.push_back(static_cast<int32_t>(i));
      }
      CHECK(decided(tried, 0, h) == expected);
    }
  }
}

TEST_CASE("A row as small as the root of the epsilon under its variance is taken less") {
  const Problem p{1, 2, 1, 40, 120, 16};
  Tried tried("routing", p, {6, 0});
  for (int64_t j = 0; j < p.kv_len; ++j) tried.multiply_key(j, j % 3 == 0 ? 2e-3f : 1);
  const Rows64 its = taken(centroids(tried, 1), tried.k(0, 1));
  const Rows64 without = taken(centroids(tried, 1), 1e6 * tried.k(0, 1));
  CHECK(its != without);
  const std::vector<int32_t> lists = decided(tried, 0, 1);
  const int32_t* key = lists.data() + 6 * ((p.q_len + 5) / 6);
  for (Eigen::Index c = 0; c < its.rows(); ++c)
    for (Eigen::Index j = 0; j < its.cols(); ++j)
      if (its(c, j) > 0) CHECK(*key++ == j);
}

TEST_CASE("Regret is how much better for a centroid a row is than one that it took instead") {
  const Problem p{1, 2, 1, 30, 50, 8};
  const Tried tried("routing", p, {5, 0});
  const Deciding& routing = *tried.variant().deciding();
  const std::vector<int32_t> right = decided(tried, 0, 1);
  const Rows64 means = centroids(tried, 1);
  const Rows64 of_queries = means * normalised(tried.q(0, 1)).transpose();
  const Rows64 of_keys = means * normalised(tried.k(0, 1)).transpose();
  const auto loss = [&](const std::vector<int32_t>& decisions, int64_t query) {
    return routing.regret(tried.call(), tried.inputs(), 0, 1, decisions.data(), query).loss;
  };
  for (int64_t i = 0; i < p.q_len; ++i) CHECK(loss(right, i) < 1e-6);
  // A list with one row replaced by one that does not belong there.
  const auto replaced = [&](size_t first, size_t count, int32_t out, int32_t in) {
    std::vector<int32_t> wrong = right;
    const auto begin = wrong.begin() + static_cast<ptrdiff_t>(first);
    *std::find(begin, begin + static_cast<ptrdiff_t>(count), out) = in;
    std::sort(begin, begin + static_cast<ptrdiff_t>(count));
    return wrong;
  };
  for (size_t c = 0; c < 5; ++c) {
    CAPTURE(c);
    const auto centroid = static_cast<Eigen::Index>(c);
    const int32_t query = right[6 * c], key = right[30 + 10 * c];
    const auto has = [&](size_t first, size_t count, int32_t row) {
      const auto begin = right.begin() + static_cast<ptrdiff_t>(first);
      return std::count(begin, begin + static_cast<ptrdiff_t>(count), row) > 0;
    };
    int32_t other = 0, other_key = 0;
    while (has(6 * c, 6, other)) ++other;
    while (has(30 + 10 * c, 10, other_key)) ++other_key;
    const std::vector<int32_t> of_query = replaced(6 * c, 6, query, other);
    const double worst_left = of_queries(centroid, query);
    CHECK(loss(of_query, query) >= Approx(worst_left - of_queries(centroid, other)).epsilon(1e-9));
    CHECK(loss(of_query, other) >= Approx(worst_left - of_queries(centroid, other)).epsilon(1e-9));
    // A key matters to the queries of its cluster alone.
    const std::vector<int32_t> of_key = replaced(30 + 10 * c, 10, key, other_key);
    CHECK(loss(of_key, query) ==
          Approx(of_keys(centroid, key) - of_keys(centroid, other_key)).epsilon(1e-9));
    CHECK((loss(of_key, other) < 1e-6) == !has(6 * c, 6, other));
    for (const int32_t bad : {-1, 30, right[6 * c + 1]}) {
      std::vector<int32_t> malformed = right;
      malformed[6 * c] = bad;
      CHECK(std::isinf(loss(malformed, 3)));
    }
  }
}

TEST_CASE("A query that no centroid takes yields zeros, and one that all take their mean") {
  // Two centroids share all of four queries, so that some are taken twice and others never.
  const Problem p{1, 1, 1, 4, 4, 3};
  int zeros = 0, twice = 0;
  for (int64_t seed = 0; seed < 8; ++seed) {
    const Tried tried("routing", p, {2, seed});
    const std::vector<int32_t> its = decided(tried, 0, 0);
    const std::vector<float> out = tried.forward();
    for (int32_t i = 0; i < 4; ++i) {
      const auto times = std::count(its.begin(), its.begin() + 4, i);
      const bool zero = out[static_cast<size_t>(3 * i)] == 0;
      CHECK(zero == (times == 0));
      zeros += zero ? 1 : 0;
      twice += times == 2 ? 1 : 0;
    }
  }
  CHECK(zeros == twice);
  CHECK(zeros > 0);
}

TEST_CASE("Routed attention has the same bits for any number of threads") {
  for (const Case& each : kCases) {
    const Tried tried("routing", each.problem, {each.clusters, 0});
    CAPTURE(each.problem.q_len, each.problem.kv_len, each.clusters);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3}) CHECK(tried.forward(threads) == one);
  }
}
