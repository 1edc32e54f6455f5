// lsh: its buckets, the keys that they show, and its output, against the paper's sums over rounds
// in double.
#include <algorithm>
#include <limits>

#include "catch.h"
#include "inexact.h"
#include "kernels/hash_buckets.h"

using namespace attnbench;

namespace {

struct Case {
  Problem problem;
  int64_t rounds, chunk;
};
std::vector<Case> cases() {
  std::vector<Case> all{{{1, 2, 1, 150, 150, 16}, 1, 8},  {{2, 4, 2, 60, 300, 40}, 3, 20},
                        {{1, 1, 1, 90, 40, 33}, 2, 5},    {{1, 4, 2, 1, 700, 64}, 4, 64},
                        {{1, 1, 1, 900, 900, 8}, 2, 700}, {{1, 1, 1, 5, 3, 1}, 1, 1},
                        {{1, 2, 2, 70, 70, 130}, 8, 6},   {{1, 1, 1, 500, 500, 4}, 16, 100}};
  for (size_t i = 0, plain = all.size(); i < plain; ++i) {
    all.push_back(all[i]);
    all.back().problem.causal = true;
    all.back().problem.scale = 0.3;
  }
  return all;
}

/// What forward decided of one head.
class Buckets {
 public:
  Buckets(const Tried& tried, int64_t rounds, int64_t batch, int64_t head)
      : p_(tried.problem()), rounds_(rounds) {
    const Deciding& lsh = *tried.variant().deciding();
    values_.resize(static_cast<size_t>(lsh.decision_count(tried.call()).value()));
    const machine::Buffer scratch = tried.workspace(1);
    lsh.decide(tried.call(), tried.inputs(), batch, head, values_.data(),
               {scratch.data(), scratch.size()});
  }
  std::vector<int32_t>& values() { return values_; }
  int32_t of_query(int64_t round, int64_t i) const {
    return values_[static_cast<size_t>(round * p_.q_len + i)];
  }
  int32_t of_key(int64_t round, int64_t j) const {
    return values_[static_cast<size_t>(rounds_ * p_.q_len + round * p_.kv_len + j)];
  }

 private:
  Problem p_;
  int64_t rounds_;
  std::vector<int32_t> values_;
};

/// Equations 4 and 5: whether query i sees key j in a round, by chunks of `chunk` keys.
bool shown(const Problem& p, const Buckets& buckets, int64_t chunk, int64_t round, int64_t i,
           int64_t j) {
  const int64_t position = i + p.kv_len - p.q_len;
  if (buckets.of_query(round, i) != buckets.of_key(round, j) || (p.causal && j > position))
    return false;
  // How many keys of the bucket stand before a position.
  const auto before = [&](int64_t end) {
    int64_t keys = 0;
    for (int64_t t = 0; t < end; ++t)
      keys += buckets.of_key(round, t) == buckets.of_key(round, j) ? 1 : 0;
    return keys;
  };
  const int64_t its = before(j) / chunk;
  const int64_t own = std::max<int64_t>(before(position + 1) - 1, 0) / chunk;
  return own - 1 <= its && its <= own;
}

/// Appendix A: each round has a softmax of its own, in which a key that N_ij rounds show weighs
/// 1 / N_ij, and the rounds' outputs are weighed by their sums.
Rows64 sum_over_rounds(const Tried& tried, const Case& each, int64_t batch, int64_t head) {
  const Problem& p = tried.problem();
  const Buckets buckets(tried, each.rounds, batch, head);
  const Rows64 q = tried.q(batch, head), k = tried.k(batch, head), v = tried.v(batch, head);
  const double scale = score_scale(p);
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  for (int64_t i = 0; i < p.q_len; ++i) {
    std::vector<std::vector<int64_t>> rounds(static_cast<size_t>(each.rounds));
    std::vector<int> shows(static_cast<size_t>(p.kv_len));
    for (size_t r = 0; r < rounds.size(); ++r)
      for (int64_t j = 0; j < p.kv_len; ++j)
        if (shown(p, buckets, each.chunk, static_cast<int64_t>(r), i, j)) {
          rounds[r].push_back(j);
          ++shows[static_cast<size_t>(j)];
        }
    double all = 0;
    for (const std::vector<int64_t>& keys : rounds) {
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(p.head_dim);
      double weights = 0;
      for (const int64_t j : keys) {
        const double weight =
            std::exp(scale * q.row(i).dot(k.row(j))) / shows[static_cast<size_t>(j)];
        sum += weight * v.row(j);
        weights += weight;
      }
      if (weights > 0) out.row(i) += weights * (sum / weights);
      all += weights;
    }
    const int64_t position = i + p.kv_len - p.q_len;
    if (all > 0)
      out.row(i) /= all;
    else if (position >= 0)
      out.row(i) = v.row(position);
  }
  return out;
}

}  // namespace

TEST_CASE("Rounds of hashed attention add up as in Reformer's appendix") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const Tried tried("lsh", p, {each.rounds, each.chunk, 0});
    CAPTURE(p.heads, p.q_len, p.kv_len, p.head_dim, p.causal, each.rounds, each.chunk);
    const auto expected = [&](int64_t b, int64_t h) { return sum_over_rounds(tried, each, b, h); };
    CHECK(tried.worst_error(tried.forward(2), expected) < 5e-6);
  }
}

TEST_CASE("A bucket is the largest of the products with the directions and their opposites") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const Tried tried("lsh", p, {each.rounds, each.chunk, 3});
    const int64_t wanted = 2 * std::max<int64_t>(1, p.kv_len / each.chunk);
    const kernels::Hash hash = kernels::Hash::with_buckets(wanted);
    REQUIRE(tried.inputs().extra[0].dim == hash.directions());
    int64_t near_ties = 0;
    CAPTURE(p.q_len, p.kv_len, each.rounds, each.chunk);
    // argmax([x R; -x R]) over the columns of R from `first` on.
    const auto value = [&](const Eigen::RowVectorXd& products) {
      Eigen::RowVectorXd both(2 * products.size());
      both << products, -products;
      Eigen::Index best = 0;
      const double largest = both.maxCoeff(&best);
      near_ties += (both.array() > largest - 1e-4).count() > 1 ? 1 : 0;
      return static_cast<int64_t>(best);
    };
    for (int64_t h = 0; h < p.heads; ++h) {
      const Buckets buckets(tried, each.rounds, 0, h);
      const int64_t key_head = h / (p.heads / p.kv_heads);
      for (int64_t r = 0; r < each.rounds; ++r) {
        const Tensor<const float>& drawn = tried.inputs().extra[0];
        Rows64 directions(drawn.len, drawn.dim);
        for (Eigen::Index i = 0; i < directions.size(); ++i)
          directions.data()[i] = static_cast<double>(drawn.head(0, key_head * each.rounds + r)[i]);
        const auto bucket = [&](const Eigen::RowVectorXd& x) {
          const Eigen::RowVectorXd products = x * directions;
          const int64_t first = value(products.head(hash.first));
          return hash.second == 0 ? first
                                  : 2 * hash.second * first + value(products.tail(hash.second));
        };
        int64_t differ = 0;
        near_ties = 0;
        for (int64_t i = 0; i < p.q_len; ++i)
          differ += buckets.of_query(r, i) != bucket(tried.q(0, h).row(i)) ? 1 : 0;
        for (int64_t j = 0; j < p.kv_len; ++j)
          differ += buckets.of_key(r, j) != bucket(tried.k(0, h).row(j)) ? 1 : 0;
        CHECK(differ <= near_ties);
      }
    }
  }
}

TEST_CASE("There are at least as many buckets as are wanted, and few more") {
  for (int64_t wanted = 2; wanted < 3000; wanted += 2) {
    const kernels::Hash hash = kernels::Hash::with_buckets(wanted);
    CAPTURE(wanted, hash.first, hash.second);
    CHECK(hash.buckets() >= wanted);
    CHECK(static_cast<double>(hash.buckets()) <=
          static_cast<double>(wanted) + 2 * std::sqrt(static_cast<double>(wanted)) + 4);
    CHECK(static_cast<double>(hash.directions()) <= std::sqrt(static_cast<double>(wanted)) + 2);
  }
}

TEST_CASE("Another seed hashes by other directions") {
  const Problem p{1, 1, 1, 60, 60, 16};
  const Tried first("lsh", p, {2, 8, 0}), second("lsh", p, {2, 8, 1});
  CHECK(first.forward() != second.forward());
}

TEST_CASE("A query that finds no key attends the one at its position; equal keys come in chunks") {
  for (const bool causal : {false, true}) {
    const Problem p{1, 1, 1, 20, 20, 4, causal};
    const Tried tried("lsh", p, {3, 4, 0});
    std::vector<float> k(80, 1.0f), q(80, 1.0f), v(80), out(80);
    std::iota(v.begin(), v.end(), 0.0f);
    std::fill_n(q.begin() + 40, 40, -1.0f);  // Opposite: in no bucket that has keys.
    const Tensor<const float> of_q{q.data(), 1, 1, 20, 4}, of_k{k.data(), 1, 1, 20, 4},
        of_v{v.data(), 1, 1, 20, 4};
    const machine::Buffer scratch = tried.workspace(1);
    tried.variant().forward(tried.call(),
                            {of_q, of_k, of_v, tried.inputs().extra, tried.inputs().extra_count},
                            {out.data(), 1, 1, 20, 4}, {scratch.data(), scratch.size()});
    for (int i = 0; i < 20; ++i) {
      CAPTURE(i, causal);
      const int first = std::max(i / 4 - 1, 0) * 4;
      const int last = causal ? i : i / 4 * 4 + 3;
      const float mean = 4 * static_cast<float>(first + last) / 2;
      CHECK(out[static_cast<size_t>(4 * i)] ==
            Approx(i < 10 ? mean : 4.0f * static_cast<float>(i)));
    }
  }
}

TEST_CASE("Regret is how much less a row leans to the decided direction than to the best one") {
  const Problem p{1, 2, 1, 30, 50, 8};
  const Tried tried("lsh", p, {2, 10, 0});
  Buckets buckets(tried, 2, 0, 1);
  const Selective& lsh = *tried.variant().selective();
  const auto regret = [&](int64_t query) {
    return lsh.regret(tried.call(), tried.inputs(), 0, 1, buckets.values().data(), query);
  };
  const auto holds = [&](int64_t query) {
    const Regret r = regret(query);
    return r.loss <= 4 * 0x1p-24 * static_cast<double>(r.terms + 2) * r.magnitude;
  };
  for (int64_t i = 0; i < p.q_len; ++i) CHECK(holds(i));
  // Each decision on its own: a query's matters to that query, a key's to all.
  const auto all = static_cast<int32_t>(kernels::Hash::with_buckets(10).buckets());
  for (size_t at = 0; at < buckets.values().size(); ++at) {
    const int32_t right = buckets.values()[at];
    const bool of_a_query = at < 60;
    const int32_t opposite = right / 4 * 4 + (right + 2) % 4;  // Of the second hash's direction.
    for (const int32_t wrong : {(right + 1) % all, opposite, -1, all}) {
      buckets.values()[at] = wrong;
      CAPTURE(at, right, wrong);
      CHECK(!holds(of_a_query ? static_cast<int64_t>(at) % 30 : 7));
      CHECK(holds((static_cast<int64_t>(at) + 1) % 30) ==
            (of_a_query && wrong >= 0 && wrong < all));
      CHECK(std::isinf(regret(3).loss) == (wrong < 0 || wrong >= all));
    }
    buckets.values()[at] = right;
  }
}

TEST_CASE("Hashed attention has the same bits for any number of threads") {
  for (const Case& each : cases()) {
    const Problem& p = each.problem;
    const Tried tried("lsh", p, {each.rounds, each.chunk, 0});
    CAPTURE(p.q_len, p.kv_len, each.rounds, each.chunk);
    const std::vector<float> one = tried.forward(1);
    for (const int threads : {2, 3}) CHECK(tried.forward(threads) == one);
  }
}
