// pooled: its definition and its kernel against full attention over keys that were replaced by
// their blocks' means.
#include "catch.h"
#include "inexact.h"

using namespace attnbench;

namespace {

/// Whether a query attends the mean of a block rather than its keys.
bool sees_mean(const Problem& p, int64_t window, int64_t block, int64_t query, int64_t number) {
  const int64_t position = query + p.kv_len - p.q_len;
  const int64_t first = p.causal ? position - window + 1 : position - window / 2;
  if ((number + 1) * block > p.kv_len) return false;
  for (int64_t j = std::max(number * block, first);
       j < std::min((number + 1) * block, first + window); ++j)
    return false;
  return true;
}

/// Blocks that some query sees as a mean.
int64_t means_seen(const Problem& p, int64_t window, int64_t block) {
  int64_t means = 0;
  for (int64_t c = 0; (c + 1) * block <= p.kv_len; ++c)
    for (int64_t i = 0; i < p.q_len; ++i)
      if ((!p.causal || (c + 1) * block <= i + p.kv_len - p.q_len + 1) &&
          sees_mean(p, window, block, i, c)) {
        ++means;
        break;
      }
  return means;
}

/// Plain softmax attention of one head, in which each query has keys and values of its own: those
/// of a block of which it sees the mean all hold that mean. Counts what it sees in `pairs`.
Rows64 replaced(const Tried& tried, int64_t window, int64_t block, int64_t batch, int64_t head,
                int64_t& pairs) {
  const Problem& p = tried.problem();
  const Rows64 q = tried.q(batch, head);
  Rows64 out = Rows64::Zero(p.q_len, p.head_dim);
  for (int64_t i = 0; i < p.q_len; ++i) {
    const int64_t seen =
        p.causal ? std::clamp<int64_t>(i + p.kv_len - p.q_len + 1, 0, p.kv_len) : p.kv_len;
    Rows64 k = tried.k(batch, head).topRows(seen), v = tried.v(batch, head).topRows(seen);
    pairs += seen;
    for (int64_t c = 0; (c + 1) * block <= seen; ++c) {
      if (!sees_mean(p, window, block, i, c)) continue;
      const Eigen::RowVectorXd key = k.middleRows(c * block, block).colwise().mean();
      const Eigen::RowVectorXd value = v.middleRows(c * block, block).colwise().mean();
      k.middleRows(c * block, block).rowwise() = key;
      v.middleRows(c * block, block).rowwise() = value;
      pairs -= block - 1;
    }
    if (seen == 0) continue;
    const double scale = score_scale(p);
    const Eigen::RowVectorXd weights = (scale * q.row(i) * k.transpose()).array().exp();
    out.row(i) = weights * v / weights.sum();
  }
  return out;
}

struct Case {
  Problem problem;
  int64_t window, block;
};
constexpr Case kCases[] = {
    {{1, 2, 1, 70, 70, 16}, 8, 4},    {{2, 4, 2, 20, 150, 40}, 10, 16},
    {{1, 1, 1, 90, 40, 33}, 5, 8},    {{1, 4, 2, 1, 700, 64}, 64, 32},
    {{1, 1, 1, 230, 233, 8}, 1, 7},   {{1, 1, 1, 5, 3, 1}, 1, 1},
    {{1, 1, 1, 30, 40, 130}, 500, 8}, {{1, 1, 1, 30, 40, 20}, 3, 500},
    {{1, 1, 1, 70, 1300, 8}, 100, 2},
};

}  // namespace

TEST_CASE("Means stand for the keys of their blocks, each with its block's weight") {
  for (const Case& each : kCases)
    for (const bool causal : {false, true}) {
      Problem p = each.problem;
      const int64_t window = each.window, block = each.block;
      p.causal = causal;
      p.scale = p.head_dim == 40 ? 0.4 : 0;
      const Tried tried("pooled", p, {window, block});
      CAPTURE(p.q_len, p.kv_len, p.head_dim, p.causal, window, block);
      int64_t pairs = 0;
      const auto expected = [&](int64_t b, int64_t h) {
        return replaced(tried, window, block, b, h, pairs);
      };
      CHECK(tried.worst_error(tried.define(), expected) < 1e-12);
      CHECK(tried.worst_error(tried.forward(2), expected) < 5e-6);
      const Count pooling =
          count(2, p.batch, p.kv_heads, means_seen(p, window, block) * block, p.head_dim);
      CHECK(tried.variant().inexact()->cost(tried.call()).flops ==
            pooling + count(4, p.head_dim, pairs / 2));
    }
}

TEST_CASE("Pooled attention has the same bits for any number of threads") {
  for (const Case& each : kCases)
    for (const bool causal : {false, true}) {
      Problem p = each.problem;
      const int64_t window = each.window, block = each.block;
      p.causal = causal;
      const Tried tried("pooled", p, {window, block});
      CAPTURE(p.q_len, p.kv_len, p.head_dim, p.causal, window, block);
      const std::vector<float> one = tried.forward(1);
      for (const int threads : {2, 3}) CHECK(tried.forward(threads) == one);
    }
}

TEST_CASE("Pooled attention counts its operations rightly up to the longest sequences") {
  const int64_t kv_len = kMaxLength;
  for (const bool causal : {false, true})
    for (const int64_t q_len : {1, 100})
      for (const int64_t window : {int64_t{1}, int64_t{1} << 20, int64_t{1} << 40})
        for (const int64_t block : {int64_t{1}, int64_t{3}, int64_t{1} << 16, kMaxLength}) {
          CAPTURE(causal, q_len, window, block);
          int64_t pairs = 0, before = 0, after = kv_len / block;
          for (int64_t i = 0; i < q_len; ++i) {
            // The whole blocks that a query may see are those below `whole`; its window touches
            // those from `first` on that are below `last`.
            const int64_t position = kv_len - q_len + i, seen = causal ? position + 1 : kv_len;
            const int64_t begin = causal ? position - window + 1 : position - window / 2;
            const int64_t whole = seen / block;
            const int64_t first = std::clamp<int64_t>(begin, 0, kv_len) / block;
            const int64_t end = std::clamp<int64_t>(begin + window, 0, seen);
            const int64_t last = std::min((end + block - 1) / block, whole);
            pairs += seen - (block - 1) * (whole - std::max<int64_t>(last - first, 0));
            before = std::max(before, first);
            after = std::min(after, causal ? kv_len / block : last);
          }
          const int64_t means =
              before + std::max<int64_t>(kv_len / block - std::max(before, after), 0);
          const int64_t params[] = {window, block};
          const Cost cost = entry_named("pooled").variant->inexact()->cost(
              {{1, 1, 1, q_len, kv_len, 1, causal}, params, 1});
          CHECK(cost.flops == count(2, means, block) + count(4, pairs));
        }
}
