// lsh: each query attends the keys that fall into its bucket, as Reformer has it (Kitaev et al.
// 2020, equations 2 to 6).
//
// A round hashes rows by random directions R: h(x) = argmax([xR; -xR]). Query i, at position p,
// sees in a round the keys j of P = {j : h(q_i) = h(k_j)} (equation 4). A bucket's keys are cut
// into chunks of `chunk` keys, in the order of their positions, and of P the query sees those in
// the chunk of the bucket's last key up to p and in the chunk before it (equation 5); if causal,
// those up to p. After all rounds it has seen the union of what each round shows it (equation 6),
// and its output is softmax attention over that: a key that several rounds show counts once, which
// the N_ij of the paper's appendix A brings about.
//
// What differs from the paper, and why:
//   - It has k_j = q_j / |q_j|. Here q and k are given apart, and both are hashed by the same
//     directions. The length of a row does not matter to its hash.
//   - There a query does not attend itself if it sees any other key, as that score would always be
//     the highest. Here it is a key like any other; but a query that finds no key attends the one
//     at its own position, as the paper's first tokens do.
//   - Its chunks go on from one bucket to the next. If they did here, later positions would move
//     the borders of chunks, and so reach causal queries. And the mask of equation 3 is kept, which
//     its authors' code drops: that attends all of both chunks, whatever the bucket.
//   - A bucket is the pair of two hashes of about half the directions' root each, as in the
//     authors' code beyond 128 buckets: hashing grows with n^1.5, and not with n^2. Rows at a
//     cosine of 0.7 share one of 64 buckets in 20 % of all rounds, with a single hash in 25 %.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attnbench/register.h"
#include "kernels/divide.h"
#include "kernels/draw.h"
#include "kernels/hashed.h"
#include "kernels/visible.h"
#include "kernels/worse.h"

namespace attnbench {
namespace {

using kernels::Hash;
using kernels::HashedCall;

constexpr int64_t kMostRounds = 16;
constexpr int64_t kMostBuckets = int64_t{1} << 20;

/// Section 2: a chunk has twice as many keys as a bucket has on average.
HashedCall hashed(const Call& call) {
  const int64_t buckets = 2 * std::max<int64_t>(1, call.problem.kv_len / call.params[1]);
  return {call, call.params[0], call.params[1],
          Hash::with_buckets(std::min(kMostBuckets, buckets))};
}

class Lsh final : public Selective {
 public:
  uint32_t takes() const noexcept override { return take::kScale | take::kSoftcap; }

  Support supports(const Call& call) const noexcept override {
    // Each bucket's chunks begin at a number of their own, at most two beyond those before.
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max() - 4 * kMostBuckets;
    if (std::max(call.problem.q_len, call.problem.kv_len) > kMost)
      return {"positions and chunks are numbered in 32 bits"};
    return {};
  }

  /// The random directions R of each round, for a key head and all query heads that read it.
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const HashedCall s = hashed(call);
    inputs.add({"directions", 1, s.p.kv_heads * s.rounds, s.p.head_dim, s.hash.directions(),
                Fill::kNormal, 1, 0, false, call.params[2]});
  }

  /// A product of d for each row and direction; and 4 d for each key that a query sees, counted as
  /// if rows were spread evenly over buckets, and no two rounds showed the same key.
  Cost cost(const Call& call) const noexcept override {
    const HashedCall s = hashed(call);
    const Problem& p = s.p;
    const Count queries = count(p.batch, p.heads, p.q_len);
    const Count keys = count(p.batch, p.kv_heads, p.kv_len);
    const Count directions = count(s.rounds, s.hash.directions(), p.head_dim);
    Count pairs = kernels::allowed_pairs(p);
    if (!pairs.saturated()) pairs = Count(kernels::divide_up(pairs.value(), s.buckets));
    const Count floats = (queries + keys) * count(2, p.head_dim) + directions * count(p.kv_heads);
    return {count(2) * directions * (queries + keys) +
                count(4, p.batch, p.heads, p.head_dim, std::min(s.rounds, s.buckets)) * pairs,
            floats * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    const double bucket = std::max(1.0, static_cast<double>(call.params[1]) / 2);
    return {.time = {{1.5, 0, 2 / std::sqrt(bucket), "directions"},
                     {1, 0, (call.problem.causal ? 1 : 2) * bucket, "keys of a bucket"}},
            .memory = kernels::hashed_growth(hashed(call))};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::hashed_bytes(hashed(call));
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_hashed(hashed(call), in, out, workspace.data);
  }

  /// The buckets of all queries in the first round, in the second and so on; then those of keys.
  Count decision_count(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return count(call.params[0]) * (count(p.q_len) + count(p.kv_len));
  }
  void decide(const Call& call, const Inputs& in, int64_t batch, int64_t head, int32_t* decisions,
              const Workspace& workspace) const noexcept override {
    kernels::decide_hashed(hashed(call), in, batch, head, decisions, workspace.data);
  }

  void selected_keys(const Call& call, const int32_t* decisions, int64_t query,
                     KeySpans& keys) const noexcept override;
  Regret regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                const int32_t* decisions, int64_t query) const override;
};

/// Counts a bucket's keys in the order of their positions; see the head of this file.
void Lsh::selected_keys(const Call& call, const int32_t* decisions, int64_t query,
                        KeySpans& keys) const noexcept {
  const HashedCall s = hashed(call);
  const Problem& p = s.p;
  const int64_t position = aligned_position(p, query);
  const auto in_bucket = [&](int64_t round, int64_t key) {
    return decisions[s.rounds * p.q_len + round * p.kv_len + key] ==
           decisions[round * p.q_len + query];
  };
  int64_t chunk[kMostRounds]{}, count[kMostRounds]{};
  for (int64_t r = 0; r < s.rounds; ++r) {
    int64_t before = 0;
    for (int64_t j = 0; j <= position; ++j) before += in_bucket(r, j) ? 1 : 0;
    chunk[r] = std::max<int64_t>(before - 1, 0) / s.chunk;
  }
  bool any = false;
  for (int64_t j = 0; j < p.kv_len && (!p.causal || j <= position); ++j) {
    bool seen = false;
    for (int64_t r = 0; r < s.rounds; ++r) {
      if (!in_bucket(r, j)) continue;
      const int64_t its = count[r]++ / s.chunk;
      seen = seen || its == chunk[r] || its == chunk[r] - 1;
    }
    if (seen) keys.add({j, j + 1});
    any = any || seen;
  }
  if (!any && position >= 0) keys.add({position, position + 1});
}

/// How much less a row leans to the direction that was decided than to the best one.
Regret judge_hash(const std::vector<double>& products, const std::vector<double>& magnitudes,
                  int64_t first, int64_t directions, int64_t value, int64_t head_dim) {
  const auto decided = static_cast<size_t>(first + value % directions);
  size_t best = static_cast<size_t>(first);
  for (size_t i = best; i < static_cast<size_t>(first + directions); ++i)
    if (std::abs(products[i]) > std::abs(products[best])) best = i;
  const double leans = value < directions ? products[decided] : -products[decided];
  return {std::abs(products[best]) - leans, std::max(magnitudes[decided], magnitudes[best]),
          head_dim};
}

/// Judges all keys, since each may be one that the query should see, or may move others to another
/// chunk.
Regret Lsh::regret(const Call& call, const Inputs& in, int64_t batch, int64_t head,
                   const int32_t* decisions, int64_t query) const {
  const HashedCall s = hashed(call);
  const Problem& p = s.p;
  const Regret malformed{std::numeric_limits<double>::infinity(), 0, p.head_dim};
  const auto all = static_cast<int64_t>(decision_count(call).value());
  for (int64_t i = 0; i < all; ++i)
    if (decisions[i] < 0 || decisions[i] >= s.buckets) return malformed;
  const auto directions = static_cast<size_t>(s.hash.directions());
  std::vector<double> products(directions), magnitudes(directions);
  Regret worst{0, 0, p.head_dim};
  const auto judge = [&](const float* x, int64_t round, int64_t bucket) {
    const float* r = in.extra[0].head(0, head / s.group * s.rounds + round);
    std::fill(products.begin(), products.end(), 0.0);
    std::fill(magnitudes.begin(), magnitudes.end(), 0.0);
    for (int64_t i = 0; i < p.head_dim; ++i)
      for (size_t c = 0; c < directions; ++c, ++r) {
        const double product = static_cast<double>(x[i]) * static_cast<double>(*r);
        products[c] += product;
        magnitudes[c] += std::abs(product);
      }
    const int64_t second = std::max<int64_t>(2 * s.hash.second, 1);
    worst = kernels::worse(
        worst, judge_hash(products, magnitudes, 0, s.hash.first, bucket / second, p.head_dim));
    if (s.hash.second > 0)
      worst = kernels::worse(worst, judge_hash(products, magnitudes, s.hash.first, s.hash.second,
                                               bucket % second, p.head_dim));
  };
  for (int64_t r = 0; r < s.rounds; ++r) {
    judge(in.q.row(batch, head, query), r, decisions[r * p.q_len + query]);
    const int32_t* const keys = decisions + s.rounds * p.q_len + r * p.kv_len;
    for (int64_t j = 0; j < p.kv_len; ++j) judge(in.k.row(batch, head / s.group, j), r, keys[j]);
  }
  return worst;
}

constexpr Param kParams[] = {
    {"rounds", 1, 1, kMostRounds, "times that rows are hashed, each by other directions"},
    {"chunk", 128, 1, kMaxLength,
     "twice a bucket's average number of keys; a query sees up to two chunks of its bucket"},
    {"seed", 0, 0, kernels::kLargestSeed, "which random directions rows are hashed by"}};

const Info kInfo{
    "lsh",
    "each query attends the keys that fall into its bucket by locality-sensitive hashes",
    Kind::kApproximate,
    "Kitaev et al. 2020, Reformer",
    kParams,
    3};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Lsh, attnbench::kInfo)
