// clustered: its hashes, clusters, top keys and output against dense matrices in double.
#include "kernels/clustered.h"

#include <algorithm>
#include <limits>
#include <set>

#include "catch.h"
#include "inexact.h"
#include "kernels/worse.h"

using namespace attnbench;

namespace {

struct Case {
  Problem problem;
  int64_t clusters, top, bits, iterations;
};
std::vector<Case> cases() {
  return {{{1, 2, 1, 150, 150, 16}, 8, 10, 63, 10}, {{2, 4, 2, 60, 300, 40}, 20, 5, 64, 3},
          {{1, 1, 1, 90, 40, 33}, 5, 0, 20, 10},    {{1, 4, 2, 1, 700, 64}, 100, 32, 63, 10},
          {{1, 1, 1, 900, 900, 8}, 3, 100, 5, 20},  {{1, 1, 1, 5, 3, 1}, 3, 8, 1, 1},
          {{1, 2, 2, 70, 70, 130}, 70, 7, 63, 10},  {{1, 1, 1, 300, 200, 20}, 120, 199, 6, 10}};
}

Tried tried_on(const Case& each) {
  return Tried("clustered", each.problem, {each.clusters, each.top, each.bits, each.iterations, 0});
}

/// What forward decided of one head.
struct Decided {
  std::vector<int32_t> values;
  int64_t queries, top;

  bool bit(int64_t query, int64_t b) const {
    const auto half = static_cast<uint32_t>(values[static_cast<size_t>(2 * query + b / 32)]);
    return (half >> (b % 32) & 1) != 0;
  }
  int32_t cluster(int64_t query) const { return values[static_cast<size_t>(2 * queries + query)]; }
  int32_t top_key(int64_t cluster, int64_t i) const {
    return values[static_cast<size_t>(3 * queries + cluster * top + i)];
  }
};

Decided decided(const Tried& tried, const Case& each, int64_t batch, int64_t head) {
  const Deciding& clustered = *tried.variant().deciding();
  Decided all{{}, each.problem.q_len, std::min(each.top, each.problem.kv_len)};
  all.values.resize(static_cast<size_t>(clustered.decision_count(tried.call()).value()));
  const machine::Buffer scratch = tried.workspace(1);
  clustered.decide(tried.call(), tried.inputs(), batch, head, all.values.data(),
                   {scratch.data(), scratch.size()});
  return all;
}

/// Each row made to sum to 1 over the columns where `mask` is 1, and zeros elsewhere.
Rows64 softmax(const Rows64& scores, const Rows64& mask) {
  Rows64 weights = (scores.array() - scores.maxCoeff()).exp() * mask.array();
  for (Eigen::Index i = 0; i < weights.rows(); ++i)
    if (const double sum = weights.row(i).sum(); sum > 0) weights.row(i) /= sum;
  return weights;
}

/// Sections 3.2 and 3.3 as products of whole matrices: S [q_len, clusters], T [clusters, kv_len].
Rows64 dense(const Tried& tried, const Case& each, int64_t batch, int64_t head) {
  const Problem& p = each.problem;
  const Decided its = decided(tried, each, batch, head);
  const Rows64 q = tried.q(batch, head), k = tried.k(batch, head), v = tried.v(batch, head);
  const int64_t clusters = std::min(each.clusters, p.q_len);
  Rows64 s = Rows64::Zero(p.q_len, clusters), t = Rows64::Zero(clusters, p.kv_len);
  for (int64_t i = 0; i < p.q_len; ++i) s(i, its.cluster(i)) = 1;
  for (int64_t c = 0; c < clusters; ++c)
    for (int64_t i = 0; i < its.top; ++i) t(c, its.top_key(c, i)) = 1;
  const Eigen::RowVectorXd sizes = s.colwise().sum().cwiseMax(1);
  const Rows64 centroids = sizes.cwiseInverse().asDiagonal() * s.transpose() * q;
  const double scale = score_scale(p);
  const Rows64 shared =
      softmax(scale * centroids * k.transpose(), Rows64::Ones(clusters, p.kv_len));
  const Eigen::VectorXd mass = shared.cwiseProduct(t).rowwise().sum();
  const Rows64 mask = s * t;
  const Rows64 own = (s * mass).asDiagonal() * softmax(scale * q * k.transpose(), mask);
  const Rows64 weights = own + (s * shared).cwiseProduct(Rows64::Ones(p.q_len, p.kv_len) - mask);
  return weights * v;
}

}  // namespace

TEST_CASE("Clustered attention is what the paper's matrices say of its clusters and top keys") {
  for (Case each : cases()) {
    Problem& p = each.problem;
    p.scale = p.head_dim == 40 ? 0.3 : 0;
    const Tried tried = tried_on(each);
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, each.clusters, each.top);
    const auto expected = [&](int64_t b, int64_t h) { return dense(tried, each, b, h); };
    CHECK(tried.worst_error(tried.forward(2), expected) < 5e-6);
    std::vector<double> rows;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h) {
        std::vector<int64_t> numbers(static_cast<size_t>(p.q_len));
        std::iota(numbers.begin(), numbers.end(), (b * p.heads + h) * p.q_len);
        std::vector<double> out(numbers.size() * static_cast<size_t>(p.head_dim));
        tried.variant().defined_given_decisions()->define(tried.call(), tried.inputs(),
                                                          decided(tried, each, b, h).values.data(),
                                                          {numbers.data(), p.q_len}, out.data());
        rows.insert(rows.end(), out.begin(), out.end());
      }
    CHECK(tried.worst_error(rows, expected) < 1e-12);
  }
}

TEST_CASE("With all keys on top, clustered attention is full attention") {
  const Case each{{1, 2, 1, 70, 90, 24}, 6, 90, 63, 10};
  const Tried tried = tried_on(each);
  CHECK(tried.worst_error(tried.forward(), [&](int64_t b, int64_t h) -> Rows64 {
    const Rows64 scores = score_scale(each.problem) * tried.q(b, h) * tried.k(b, h).transpose();
    return softmax(scores, Rows64::Ones(70, 90)) * tried.v(b, h);
  }) < 2e-6);
}

TEST_CASE("With no top keys, all queries of a cluster get the same output") {
  const Case each{{1, 1, 1, 200, 90, 24}, 6, 0, 63, 10};
  const Tried tried = tried_on(each);
  const Decided its = decided(tried, each, 0, 0);
  const std::vector<float> out = tried.forward();
  for (int64_t i = 0; i < 200; ++i)
    for (int64_t j = 0; j < i; ++j) {
      const auto row = [&](int64_t query) { return out.begin() + query * 24; };
      CHECK(std::equal(row(i), row(i) + 24, row(j)) == (its.cluster(i) == its.cluster(j)));
    }
}

TEST_CASE("A query is hashed to the sides of planes that it is on") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const Tried tried = tried_on(each);
    const Inputs in = tried.inputs();
    REQUIRE(in.extra[0].len == each.bits);
    for (int64_t h = 0; h < p.heads; ++h) {
      const Decided its = decided(tried, each, 0, h);
      const Rows64 q = tried.q(0, h);
      for (int64_t i = 0; i < p.q_len; ++i)
        for (int64_t b = 0; b < 64; ++b) {
          double product = b < each.bits ? static_cast<double>(in.extra[1].data[b]) : -1;
          for (int64_t d = 0; d < p.head_dim && b < each.bits; ++d)
            product += q(i, d) * static_cast<double>(in.extra[0].row(0, 0, b)[d]);
          if (std::abs(product) > 1e-4 && its.bit(i, b) != (product > 0)) CHECK(i + 1000 * b == -1);
        }
    }
  }
}

TEST_CASE("Queries are clustered by Lloyd's iterations on their bits") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const Tried tried = tried_on(each);
    const kernels::Clusters shape(tried.call(), each.clusters, each.top, each.bits, each.iterations,
                                  0);
    const Decided its = decided(tried, each, 0, p.heads - 1);
    using Bits = std::vector<int>;
    const auto distance = [](const Bits& a, const Bits& b) {
      int differ = 0;
      for (size_t i = 0; i < a.size(); ++i) differ += a[i] != b[i] ? 1 : 0;
      return differ;
    };
    std::vector<Bits> hashes(static_cast<size_t>(p.q_len));
    for (size_t i = 0; i < hashes.size(); ++i)
      for (int64_t b = 0; b < each.bits; ++b)
        hashes[i].push_back(its.bit(static_cast<int64_t>(i), b) ? 1 : 0);
    std::vector<Bits> centroids(hashes.begin(), hashes.begin() + shape.clusters);
    std::vector<int32_t> of(hashes.size());
    for (int64_t iteration = 1; iteration <= each.iterations; ++iteration) {
      for (size_t i = 0; i < hashes.size(); ++i) {
        of[i] = 0;
        for (size_t j = 1; j < centroids.size(); ++j)
          if (distance(centroids[j], hashes[i]) <
              distance(centroids[static_cast<size_t>(of[i])], hashes[i]))
            of[i] = static_cast<int32_t>(j);
      }
      for (size_t j = 0; j < centroids.size(); ++j) {
        const auto members = std::count(of.begin(), of.end(), static_cast<int32_t>(j));
        for (size_t b = 0; b < centroids[j].size(); ++b) {
          int64_t ones = 0;
          for (size_t i = 0; i < hashes.size(); ++i)
            ones += of[i] == static_cast<int32_t>(j) ? hashes[i][b] : 0;
          centroids[j][b] =
              members == 0
                  ? static_cast<int>(shape.lost(iteration, static_cast<int64_t>(j)) >> b & 1)
                  : (2 * ones > members ? 1 : 0);
        }
      }
    }
    CAPTURE(p.q_len, each.clusters, each.bits, each.iterations);
    for (int64_t i = 0; i < p.q_len; ++i) CHECK(its.cluster(i) == of[static_cast<size_t>(i)]);
  }
}

TEST_CASE("A cluster that has lost its queries gets random bits of its own in every iteration") {
  const Call call{{1, 1, 1, 100, 100, 8}, nullptr, 1};
  for (const int64_t bits : {1, 20, 40, 64}) {
    const kernels::Clusters clusters(call, 10, 4, bits, 10, 0), other(call, 10, 4, bits, 10, 1);
    std::set<uint64_t> all;
    std::vector<int> set(64);
    for (int64_t iteration = 1; iteration < 10; ++iteration)
      for (int64_t cluster = 0; cluster < 10; ++cluster) {
        const uint64_t its = clusters.lost(iteration, cluster);
        CHECK(its == clusters.lost(iteration, cluster));
        all.insert(its);
        all.insert(other.lost(iteration, cluster));
        for (size_t b = 0; b < 64; ++b) set[b] += static_cast<int>(its >> b & 1);
      }
    // Of 180 numbers with 20 bits, two are equal once in 60 times; these are not.
    CHECK(all.size() == (bits == 1 ? 2 : 180));
    for (int64_t b = 0; b < 64; ++b) {
      CAPTURE(bits, b);
      const int times = set[static_cast<size_t>(b)];  // 45 +- 4.7 of 90.
      CHECK((b < bits ? times > 20 && times < 70 : times == 0));
    }
  }
}

TEST_CASE("Of two regrets the worse one has more loss beside what rounding may explain") {
  const auto is_worse = [](const Regret& a, const Regret& b) {
    const Regret one = kernels::worse(a, b), two = kernels::worse(b, a);
    const auto same = [&](const Regret& r) {
      return r.loss == b.loss && r.magnitude == b.magnitude && r.terms == b.terms;
    };
    return same(one) && same(two);
  };
  CHECK(is_worse({1, 1, 8}, {2, 1, 8}));
  CHECK(is_worse({2, 10, 8}, {1, 1, 8}));
  CHECK(is_worse({2, 1, 100}, {1, 1, 8}));
  CHECK(is_worse({0, 0, 8}, {1e-9, 1, 8}));
  CHECK(is_worse({1, 1e-3, 8}, {1e-3, 0, 8}));  // Nothing explains a loss without a magnitude.
  CHECK(is_worse({1e9, 1, 0}, {std::numeric_limits<double>::infinity(), 0, 8}));
  const Regret unknown{std::nan(""), 1, 8}, infinite{std::numeric_limits<double>::infinity(), 0, 8};
  CHECK(std::isnan(kernels::worse(unknown, infinite).loss));
  CHECK(std::isnan(kernels::worse(infinite, unknown).loss));
}

TEST_CASE("Regret judges bits, clusters and top keys") {
  const Case each{{1, 2, 1, 30, 50, 8}, 5, 4, 12, 10};
  const Problem& p = each.problem;
  const Tried tried = tried_on(each);
  Decided its = decided(tried, each, 0, 1);
  const Deciding& clustered = *tried.variant().deciding();
  const auto regret = [&](int64_t query) {
    return clustered.regret(tried.call(), tried.inputs(), 0, 1, its.values.data(), query);
  };
  const auto holds = [&](int64_t query) {
    const Regret r = regret(query);
    return r.loss <= 4 * 0x1p-24 * static_cast<double>(r.terms + 2) * r.magnitude;
  };
  for (int64_t i = 0; i < p.q_len; ++i) CHECK(holds(i));
  for (int64_t i = 0; i < p.q_len; ++i) {
    CAPTURE(i);
    its.values[static_cast<size_t>(2 * i)] ^= 4;  // A bit matters to all queries.
    CHECK(!holds((i + 1) % p.q_len));
    its.values[static_cast<size_t>(2 * i)] ^= 4 | 1 << 12;  // A bit beyond the last one.
    CHECK(std::isinf(regret(0).loss));
    its.values[static_cast<size_t>(2 * i)] ^= 1 << 12;
    int32_t& cluster = its.values[static_cast<size_t>(2 * p.q_len + i)];
    const int32_t right = std::exchange(cluster, (cluster + 1) % 5);
    CHECK(std::isinf(regret(7).loss));
    cluster = right;
  }
  // A key matters to the queries of its cluster.
  const int32_t cluster = its.cluster(3);
  int32_t* const keys = &its.values[static_cast<size_t>(3 * p.q_len + cluster * 4)];
  const std::vector<int32_t> right(keys, keys + 4);
  int32_t other = 0;
  while (std::count(right.begin(), right.end(), other) > 0) ++other;
  keys[2] = other;
  std::sort(keys, keys + 4);
  for (int64_t i = 0; i < p.q_len; ++i) CHECK(holds(i) == (its.cluster(i) != cluster));
  keys[1] = keys[0];
  CHECK(std::isinf(regret(3).loss));
  std::copy(right.begin(), right.end(), keys);
  CHECK(holds(3));
}

TEST_CASE("Clustered attention has the same bits for any number of threads") {
  for (const Case& each : cases()) {
    const Tried tried = tried_on(each);
    CAPTURE(each.problem.q_len, each.problem.kv_len, each.clusters);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3}) CHECK(tried.forward(threads) == one);
  }
}
