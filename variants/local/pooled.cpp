// pooled: each query attends the keys near it one by one, and of all others the means of blocks.
//
// Keys are cut into blocks of `block`: block c holds the keys from c * block on. Query i, which
// stands at position p, has a window of `window` keys: if causal those up to p, else those from
// p - window / 2 on. It sees
//   - of every block that the window touches, every key (up to p, if causal);
//   - of every other block (of those before its window, if causal) one summary: the mean of its
//     keys and the mean of its values;
//   - if not causal, every key of the last block if that is not whole.
// A softmax goes over both: a key has the weight exp(q·k / sqrt(d)), and a summary the weight
// block * exp(q·mean / sqrt(d)), log(block) being added to its score, so that a block of equal keys
// weighs as much as its keys would. Each key that the query may see is thus counted once.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "attnbench/register.h"
#include "kernels/divide.h"
#include "kernels/means.h"
#include "kernels/ranges.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

using kernels::RowsOverRanges;

/// Terms whose sum is complete before it is added to others.
constexpr int64_t kShortSum = 256;
/// Heads with fewer queries than this are attended along with others that read the same keys.
constexpr int64_t kFewQueries = 32;

/// What one query sees, in blocks and keys.
struct Seen {
  int64_t before;      ///< The summaries of blocks 0 to before - 1,
  int64_t begin, end;  ///< the keys from begin to end - 1,
  int64_t after;       ///< the summaries of blocks from `after` on,
  int64_t rest;        ///< and the keys from `rest` on.
};

/// The call in numbers of blocks.
struct Blocks {
  const Problem& p;
  int64_t window, block;
  int64_t whole;  ///< Blocks that are whole, all of which have a summary.

  explicit Blocks(const Call& call)
      : p(call.problem), window(call.params[0]), block(call.params[1]), whole(p.kv_len / block) {}

  Seen seen_by(int64_t query) const {
    const int64_t position = aligned_position(p, query);
    if (p.causal) {
      if (position < 0) return {0, 0, 0, whole, p.kv_len};
      const int64_t before = std::max<int64_t>(position - window + 1, 0) / block;
      return {before, before * block, position + 1, whole, p.kv_len};
    }
    const int64_t first = position - window / 2;
    const int64_t before = std::clamp<int64_t>(first, 0, p.kv_len) / block;
    const int64_t last = std::clamp<int64_t>(first + window, 0, p.kv_len);
    const int64_t after = kernels::divide_up(last, block);
    const int64_t end = std::min(after * block, p.kv_len);
    return {before, before * block, end, std::min(after, whole), std::max(end, whole * block)};
  }

  /// The summaries that some query sees: the last query sees the most of those before its window,
  /// the first one the most of those behind it.
  kernels::TwoRanges seen_summaries() const {
    const int64_t before = seen_by(p.q_len - 1).before;
    return {{{0, before}, {std::max(before, seen_by(0).after), whole}}};
  }

  /// The sum of floor(x / block) over x from first to end - 1; nothing for x below 0. The sums from
  /// 0 on may exceed 64 bits. They are taken modulo 2^64, which leaves their difference right.
  int64_t sum_of_blocks(int64_t first, int64_t end) const {
    const auto up_to = [&](int64_t x) {
      const auto all = static_cast<uint64_t>(std::max<int64_t>(x, 0));
      const auto size = static_cast<uint64_t>(block);
      const uint64_t blocks = all / size;
      const uint64_t pairs =
          blocks % 2 == 0 ? blocks / 2 * (blocks - 1) : blocks * ((blocks - 1) / 2);
      return size * pairs + blocks * (all - blocks * size);
    };
    return static_cast<int64_t>(up_to(end) - up_to(first));
  }

  /// How many keys and summaries all queries of a head see.
  Count pairs() const {
    const int64_t q = p.causal ? std::min(p.q_len, p.kv_len) : p.q_len;
    const Count most = count(2, q, p.kv_len + block);
    if (most.saturated()) return most;
    // A block before the window saves all its keys but one.
    const int64_t first = p.kv_len - q;
    if (p.causal)
      return Count(q * (2 * p.kv_len - q + 1) / 2 -
                   (block - 1) * sum_of_blocks(first - window + 1, p.kv_len - window + 1));
    // Each query would see all summaries and the last keys; a block of its window costs more.
    const int64_t begin = p.kv_len - p.q_len - window / 2, limit = whole * block;
    const int64_t full = std::clamp<int64_t>(begin + q + window - limit, 0, q);
    const int64_t ends =
        sum_of_blocks(begin + window + block - 1, begin + q - full + window + block - 1) +
        full * whole;
    return Count((block - 1) * (ends - sum_of_blocks(begin, begin + q)) +
                 q * (p.kv_len - limit + whole));
  }
};

/// The means of a head's keys and of its values, [2, blocks, head_dim].
Count mean_floats(const Problem& p, const Blocks& blocks) {
  return count(p.batch, p.kv_heads, 2, blocks.whole, p.head_dim);
}

/// Attends rows of queries, the first of which is number `first` among those that a key head's
/// tasks are cut from. `means` is [2, blocks, head_dim].
void attend(const Blocks& blocks, int64_t first, int64_t rows, const float* k, const float* v,
            const float* means, kernels::RowsOverRanges& attention) {
  const Problem& p = blocks.p;
  const auto seen_by = [&](int64_t row) { return blocks.seen_by((first + row) % p.q_len); };
  int64_t before = 0, after = blocks.whole, begin = p.kv_len, end = 0, rest = p.kv_len;
  for (int64_t row = 0; row < rows; ++row) {
    const Seen seen = seen_by(row);
    before = std::max(before, seen.before);
    after = std::min(after, seen.after);
    begin = std::min(begin, seen.begin);
    end = std::max(end, seen.end);
    rest = std::min(rest, seen.rest);
  }
  const float* const mean_values = means + blocks.whole * p.head_dim;
  const auto bias = static_cast<float>(std::log2(static_cast<double>(blocks.block)));
  const auto summaries = [&](int64_t row) {
    const Seen seen = seen_by(row);
    return kernels::TwoRanges{{{0, seen.before}, {seen.after, blocks.whole}}};
  };
  const auto keys = [&](int64_t row) {
    const Seen seen = seen_by(row);
    return kernels::TwoRanges{{{seen.begin, seen.end}, {seen.rest, p.kv_len}}};
  };
  const int64_t gap = std::max(before, after);  // No row sees the summaries from `before` to here.
  if (gap > before) attention.add(means, mean_values, 0, before, bias, summaries);
  attention.add(means, mean_values, gap > before ? gap : 0, blocks.whole, bias, summaries);
  attention.add(k, v, begin, end, 0, keys);
  attention.add(k, v, std::max(rest, end), p.kv_len, 0, keys);
  attention.finish();
}

/// Writes the mean of `rows` rows of x.
template <class Real>
void mean_of(const float* x, int64_t rows, int64_t dim, Real* mean) {
  std::fill_n(mean, dim, Real(0));
  for (int64_t i = 0; i < dim; ++i) {
    for (int64_t first = 0; first < rows; first += kShortSum) {
      Real sum = 0;
      for (int64_t row = first; row < std::min(first + kShortSum, rows); ++row)
        sum += Real(x[row * dim + i]);
      mean[i] += sum;
    }
    mean[i] /= static_cast<Real>(rows);
  }
}

class Pooled final : public Defines<Pooled> {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  /// A mean that some query sees takes an addition for each element of its keys and their values;
  /// each key or summary that a query sees takes 2 d for its score and 2 d for its value.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Blocks blocks(call);
    const Count floats = count(2, p.batch, p.heads, p.q_len, p.head_dim) +
                         count(2, p.batch, p.kv_heads, p.kv_len, p.head_dim);
    const auto [before, after] = blocks.seen_summaries().parts;
    const int64_t summaries = before.end - before.begin + after.end - after.begin;
    return {count(2, p.batch, p.kv_heads, summaries * blocks.block, p.head_dim) +
                count(4, p.batch, p.heads, p.head_dim) * blocks.pairs(),
            floats * count(sizeof(float))};
  }
  Theory theory(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const auto window = static_cast<double>(call.params[0]);
    const auto block = static_cast<double>(call.params[1]);
    const double share = p.causal ? 0.5 : 1;
    const auto means = static_cast<double>(2 * p.batch * p.kv_heads * p.head_dim) / block;
    return {.time = {{2, 0, share / block, "summaries"},
                     {1, 0, window + share * block, "keys near by"}},
            .memory = {{1, 0, means, "means"},
                       {0, 0, static_cast<double>(threads_floats(call)), "scratch of threads"}}};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return (mean_floats(call.problem, Blocks(call)) + Count(threads_floats(call))) *
           count(sizeof(float));
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const Blocks blocks(call);
    float* const threads = reinterpret_cast<float*>(workspace.data);
    float* const means = threads + threads_floats(call);
    const int64_t head_means = blocks.whole * p.head_dim;
    const kernels::TwoRanges seen = blocks.seen_summaries();
    kernels::for_each_task(
        call.threads, p.batch * p.kv_heads * blocks.whole, [&](int64_t task, int) {
          const int64_t head = task / blocks.whole, block = task % blocks.whole;
          if (block >= seen.parts[0].end && block < seen.parts[1].begin) return;
          const int64_t from = (head * p.kv_len + block * blocks.block) * p.head_dim;
          float* const to = means + 2 * head * head_means + block * p.head_dim;
          kernels::mean_of_rows(in.k.data + from, blocks.block, p.head_dim, to);
          kernels::mean_of_rows(in.v.data + from, blocks.block, p.head_dim, to + head_means);
        });
    // The query heads that read a key head stand one after the other.
    const int64_t group = p.heads / p.kv_heads, joined = p.q_len < kFewQueries ? group : 1;
    const int64_t rows = joined * p.q_len,
                  parts = kernels::divide_up(rows, RowsOverRanges::kMostRows);
    kernels::for_each_task(
        call.threads, p.batch * p.heads / joined * parts, [&](int64_t number, int thread) {
          const int64_t head = number / parts * joined / group;
          const int64_t first = number % parts * RowsOverRanges::kMostRows;
          const int64_t at = (number / parts * rows + first) * p.head_dim;
          const int64_t count = std::min(RowsOverRanges::kMostRows, rows - first);
          RowsOverRanges attention(p, in.q.data + at, out.data + at, count,
                                   threads + thread * RowsOverRanges::floats(p.head_dim));
          attend(blocks, first, count, in.k.data + head * p.kv_len * p.head_dim,
                 in.v.data + head * p.kv_len * p.head_dim, means + 2 * head * head_means,
                 attention);
        });
  }

  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const Blocks blocks(call);
    std::vector<Real> means;
    int64_t of = -1;
    for (const int64_t row : rows) {
      const int64_t head =
          row / p.q_len / p.heads * p.kv_heads + row / p.q_len % p.heads / (p.heads / p.kv_heads);
      const float* const k = in.k.data + head * p.kv_len * p.head_dim;
      const float* const v = in.v.data + head * p.kv_len * p.head_dim;
      if (head != of) means = means_of<Real>(blocks, k, v);
      of = head;
      define_row(blocks, in.q.data + row * p.head_dim, k, v, means, row % p.q_len, out);
      out += p.head_dim;
    }
  }

 private:
  static int64_t threads_floats(const Call& call) {
    return call.threads * RowsOverRanges::floats(call.problem.head_dim);
  }

  template <class Real>
  static std::vector<Real> means_of(const Blocks& blocks, const float* k, const float* v) {
    const int64_t dim = blocks.p.head_dim;
    std::vector<Real> means(static_cast<size_t>(2 * blocks.whole * dim));
    for (int64_t c = 0; c < 2 * blocks.whole; ++c)
      mean_of((c < blocks.whole ? k : v) + c % blocks.whole * blocks.block * dim, blocks.block, dim,
              means.data() + c * dim);
    return means;
  }

  /// A softmax over what the query sees, by short sums.
  template <class Real>
  static void define_row(const Blocks& blocks, const float* q, const float* k, const float* v,
                         const std::vector<Real>& means, int64_t query, Real* out) {
    const int64_t dim = blocks.p.head_dim;
    const Seen seen = blocks.seen_by(query);
    std::vector<Real> scores;
    const auto for_each_seen = [&](const auto& on_mean, const auto& on_key) {
      for (int64_t c = 0; c < seen.before; ++c) on_mean(c);
      for (int64_t j = seen.begin; j < seen.end; ++j) on_key(j);
      for (int64_t c = seen.after; c < blocks.whole; ++c) on_mean(c);
      for (int64_t j = seen.rest; j < blocks.p.kv_len; ++j) on_key(j);
    };
    const auto add_score = [&](const auto* x, Real bias) {
      Real product = 0;
      for (int64_t i = 0; i < dim; ++i) product += Real(q[i]) * Real(x[i]);
      scores.push_back(product * Real(score_scale(blocks.p)) + bias);
    };
    const Real bias = std::log(static_cast<Real>(blocks.block));
    for_each_seen([&](int64_t c) { add_score(means.data() + c * dim, bias); },
                  [&](int64_t j) { add_score(k + j * dim, Real(0)); });
    std::fill_n(out, dim, Real(0));
    if (scores.empty()) return;
    const Real top = *std::max_element(scores.begin(), scores.end());
    std::vector<Real> some(static_cast<size_t>(dim) + 1), total = some;
    size_t at = 0;
    const auto add_value = [&](const auto* x) {
      const Real weight = std::exp(scores[at++] - top);
      for (size_t i = 0; i + 1 < some.size(); ++i) some[i] += weight * Real(x[i]);
      some.back() += weight;
      if (at % static_cast<size_t>(kShortSum) != 0 && at < scores.size()) return;
      for (size_t i = 0; i < some.size(); ++i) total[i] += std::exchange(some[i], Real(0));
    };
    for_each_seen([&](int64_t c) { add_value(means.data() + (blocks.whole + c) * dim); },
                  [&](int64_t j) { add_value(v + j * dim); });
    for (int64_t i = 0; i < dim; ++i) out[i] = total[static_cast<size_t>(i)] / total.back();
  }
};

constexpr Param kParams[] = {
    {"window", 256, 1, kernels::kWidest, "keys near a query that it attends one by one, at least"},
    {"block", 64, 1, kMaxLength, "keys beyond these that are averaged to one key and one value"}};

const Info kInfo{
    "pooled",
    "each query attends a window of keys, and the means of blocks of all others",
    Kind::kApproximate,
    "after Rae et al. 2020, Compressive Transformers (mean pooling); weights as in Zhu & "
    "Soricut 2021, H-Transformer-1D",
    kParams,
    2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Pooled, attnbench::kInfo)
