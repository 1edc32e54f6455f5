// topk: its choice and its output against sorting all scores, in double.
#include <algorithm>
#include <random>

#include "catch.h"
#include "inexact.h"

using namespace attnbench;

namespace {

/// The keys that one query selects, ascending, by sorting.
std::vector<int64_t> best_by_sorting(const std::vector<double>& scores, int64_t wanted) {
  std::vector<int64_t> keys(scores.size());
  std::iota(keys.begin(), keys.end(), 0);
  std::stable_sort(keys.begin(), keys.end(), [&](int64_t a, int64_t b) {
    return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
  });
  keys.resize(static_cast<size_t>(std::min<int64_t>(wanted, std::ssize(keys))));
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// The scores of the keys that a query may see.
std::vector<double> scores_of(const Tried& tried, int64_t batch, int64_t head, int64_t query) {
  const Problem& p = tried.problem();
  const Rows64 q = tried.q(batch, head), k = tried.k(batch, head);
  const int64_t position = query + p.kv_len - p.q_len;
  std::vector<double> scores;
  for (int64_t j = 0; j < p.kv_len && (!p.causal || j <= position); ++j) {
    double s = q.row(query).dot(k.row(j)) * score_scale(p);
    if (p.softcap > 0) s = p.softcap * std::tanh(s / p.softcap);
    if (p.alibi)
      s -= std::pow(2.0, -8.0 * static_cast<double>(head + 1) / static_cast<double>(p.heads)) *
           std::abs(static_cast<double>(position - j));
    scores.push_back(s);
  }
  return scores;
}

Rows64 attention(const Tried& tried, int64_t wanted, int64_t batch, int64_t head) {
  const Problem& p = tried.problem();
  const Rows64 v = tried.v(batch, head);
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  for (int64_t i = 0; i < p.q_len; ++i) {
    const std::vector<double> scores = scores_of(tried, batch, head, i);
    double sum = 0;
    for (const int64_t key : best_by_sorting(scores, wanted)) {
      const double weight = std::exp(scores[static_cast<size_t>(key)]);
      sum += weight;
      out.row(i) += weight * v.row(key);
    }
    if (sum > 0) out.row(i) /= sum;
  }
  return out;
}

struct Case {
  Problem problem;
  int64_t wanted;
};
std::vector<Case> cases() {
  std::vector<Case> all{{{1, 2, 1, 70, 70, 16}, 7},     {{2, 4, 2, 20, 300, 40}, 20},
                        {{1, 1, 1, 90, 40, 33}, 8},     {{1, 4, 2, 1, 5000, 64}, 64},
                        {{1, 1, 1, 130, 1300, 8}, 300}, {{1, 1, 1, 5, 3, 1}, 1},
                        {{1, 1, 1, 30, 40, 130}, 1000}};
  const size_t plain = all.size();
  for (size_t i = 0; i < plain; ++i) {
    all.push_back(all[i]);
    all.back().problem.causal = true;
    all.push_back(all.back());
    all.back().problem.softcap = 2;
    all.back().problem.scale = 0.7;
    all.push_back(all.back());
    all.back().problem.alibi = true;
  }
  return all;
}

}  // namespace

TEST_CASE("Of keys with equal scores the first ones are selected") {
  const int64_t queries = 3, keys = 3001, dim = 4;
  std::mt19937 random(1);
  std::vector<float> q(queries * dim), k(keys * dim);
  for (auto* x : {&q, &k})
    for (float& y : *x) y = static_cast<float>(random() % 3) - 1;
  std::fill_n(q.begin(), dim, 0.0f);  // To the first query all keys are equal.
  for (const bool causal : {false, true})
    for (const int64_t wanted : {1, 3, 64, 300, 1000, 4000}) {
      CAPTURE(causal, wanted);
      const Tried tried("topk", {1, 1, 1, queries, keys, dim, causal}, {wanted});
      const Inputs in{{q.data(), 1, 1, queries, dim}, {k.data(), 1, 1, keys, dim}, {}};
      const int64_t room = std::min(wanted, keys);
      std::vector<int32_t> decisions(static_cast<size_t>(queries * room));
      const machine::Buffer scratch = tried.workspace(1);
      tried.variant().deciding()->decide(tried.call(), in, 0, 0, decisions.data(),
                                         {scratch.data(), scratch.size()});
      for (int64_t i = 0; i < queries; ++i) {
        std::vector<double> scores(static_cast<size_t>(causal ? keys - queries + 1 + i : keys));
        for (size_t j = 0; j < scores.size(); ++j)
          for (size_t d = 0; d < dim; ++d)
            scores[j] += q[static_cast<size_t>(i * dim) + d] * k[j * dim + d];
        std::vector<int64_t> expected = best_by_sorting(scores, wanted);
        expected.resize(static_cast<size_t>(room), -1);
        const int32_t* const its = decisions.data() + i * room;
        CHECK(std::vector<int64_t>(its, its + room) == expected);
      }
    }
}

TEST_CASE("Top-k attention is softmax over the keys that sorting finds") {
  for (const Case& each : cases()) {
    const Problem& problem = each.problem;
    const int64_t wanted = each.wanted;
    const Tried tried("topk", problem, {wanted});
    CAPTURE(problem.heads, problem.q_len, problem.kv_len, problem.head_dim, problem.causal,
            problem.softcap, problem.alibi, wanted);
    const auto expected = [&](int64_t b, int64_t h) { return attention(tried, wanted, b, h); };
    CHECK(tried.worst_error(tried.forward(2), expected) < 5e-6);
  }
}

TEST_CASE("Top-k attention reports the keys that it attends, and they are the best ones") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const int64_t wanted = each.wanted;
    const Tried tried("topk", p, {wanted});
    const Deciding& topk = *tried.variant().deciding();
    const machine::Buffer scratch = tried.workspace(2);
    const int64_t room = std::min(wanted, p.kv_len);
    std::vector<int32_t> decisions(static_cast<size_t>(topk.decision_count(tried.call(2)).value()));
    REQUIRE(std::ssize(decisions) == room * p.q_len);
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h) {
        topk.decide(tried.call(2), tried.inputs(), b, h, decisions.data(),
                    {scratch.data(), scratch.size()});
        for (int64_t i = 0; i < p.q_len; ++i) {
          std::vector<int64_t> expected = best_by_sorting(scores_of(tried, b, h, i), wanted);
          CHECK(topk.regret(tried.call(), tried.inputs(), b, h, decisions.data(), i).loss < 1e-6);
          expected.resize(static_cast<size_t>(room), -1);
          const int32_t* const its = decisions.data() + i * room;
          CHECK(std::vector<int64_t>(its, its + room) == expected);
        }
      }
  }
}

TEST_CASE("Regret is how much a key that was left out is better than one that was taken") {
  const Problem p{1, 1, 1, 1, 30, 8};
  const Tried tried("topk", p, {3});
  const std::vector<double> scores = scores_of(tried, 0, 0, 0);
  std::vector<int64_t> order(30);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
  });
  const auto regret = [&](std::vector<int32_t> keys) {
    std::sort(keys.begin(), keys.end());
    return tried.variant()
        .deciding()
        ->regret(tried.call(), tried.inputs(), 0, 0, keys.data(), 0)
        .loss;
  };
  const auto key = [&](size_t rank) { return static_cast<int32_t>(order[rank]); };
  CHECK(regret({key(0), key(1), key(2)}) == 0);
  const double loss =
      (scores[static_cast<size_t>(order[2])] - scores[static_cast<size_t>(order[5])]) *
      std::sqrt(8.0);  // Products are compared, not scaled scores.
  CHECK(regret({key(0), key(1), key(5)}) == Approx(loss));
  CHECK(std::isinf(regret({key(0), key(0), key(1)})));
  CHECK(std::isinf(regret({key(0), key(1), 30})));
  CHECK(std::isinf(regret({-1, key(0), key(1)})));
}

TEST_CASE("Top-k attention has the same bits for any number of threads") {
  for (const Case& each : cases()) {
    const Problem& problem = each.problem;
    const int64_t wanted = each.wanted;
    const Tried tried("topk", problem, {wanted});
    CAPTURE(problem.q_len, problem.kv_len, wanted);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3}) CHECK(tried.forward(threads) == one);
  }
}

TEST_CASE("Top-k attention counts a product for each pair and a value for each selected key") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const int64_t wanted = each.wanted;
    int64_t products = 0, values = 0;
    for (int64_t i = 0; i < p.q_len; ++i) {
      const int64_t seen =
          p.causal ? std::clamp<int64_t>(i + p.kv_len - p.q_len + 1, 0, p.kv_len) : p.kv_len;
      products += seen;
      values += std::min(seen, wanted);
    }
    const Tried tried("topk", p, {wanted});
    CHECK(tried.variant().inexact()->cost(tried.call()).flops ==
          count(2, p.batch, p.heads, p.head_dim, products + values));
  }
}
