// Compares gradients of softmax over visible keys with what they should be.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "measure/gradient_truth.h"
#include "measure/gradient_verdicts.h"
#include "measure/judged_rows.h"
#include "measure/number_stream.h"
#include "measure/sampled_rows.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

/// Which rows of a tensor are not all 0.
std::vector<char> rows_in_use(const Tensor<const float>& tensor) {
  std::vector<char> used(static_cast<size_t>(tensor.batch * tensor.heads * tensor.len));
  for (size_t row = 0; row < used.size(); ++row) {
    const float* const x = tensor.data + static_cast<int64_t>(row) * tensor.dim;
    used[row] = std::any_of(x, x + tensor.dim, [](float value) { return value != 0; });
  }
  return used;
}

std::string shown(float x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(x));
  return text;
}

/// Says which element of a row that must be exactly 0 is not; empty if all are.
std::string not_zero(const Tensor<float>& tensor, int64_t row, const char* position,
                     const char* why) {
  const float* const x = tensor.data + row * tensor.dim;
  const float* const wrong =
      std::find_if(x, x + tensor.dim, [](float value) { return value != 0; });
  if (wrong == x + tensor.dim) return {};
  return place(tensor, wrong - tensor.data, position) + " is " + shown(*wrong) +
         ", not 0, although " + why;
}

/// Gradients of an exact variant.
class ExactGradients {
 public:
  ExactGradients(const BackwardCall& done, int64_t max_rows, uint64_t seed)
      : done_(done),
        problem_(done.call.problem),
        max_rows_(max_rows),
        seed_(seed),
        used_(rows_in_use(done.d_out)) {}

  Verdict judge() const {
    Verdict verdict = named("d_q", judge_queries());
    const std::vector<int64_t> heads = key_heads_to_judge();
    if (heads.empty()) {
      Verdict unknown;
      unknown.not_judged = {"d_k", "d_v"};
      merge(verdict, unknown);
    }
    for (const int64_t head : heads) merge(verdict, judge_keys(head));
    return verdict;
  }

 private:
  Verdict judge_queries() const {
    const Tensor<float>& d_q = done_.gradients.q;
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < std::ssize(used_); ++row) {
      if (used_[static_cast<size_t>(row)]) {
        rows.push_back(row);
        continue;
      }
      Verdict verdict;
      verdict.reason = not_zero(d_q, row, "query", "the query's row of d_out is 0");
      if (!verdict.reason.empty()) return verdict;
    }
    if (std::ssize(rows) > max_rows_) {
      const bool all = rows.size() == used_.size();
      const int64_t heads = all ? problem_.batch * problem_.heads : 1;
      std::vector<int64_t> chosen = sample_rows(heads, std::ssize(rows) / heads, max_rows_, seed_);
      for (int64_t& row : chosen) row = rows[static_cast<size_t>(row)];
      rows = std::move(chosen);
    }
    std::vector<RowVerdict> verdicts(rows.size());
    tell_query_gradients(*done_.variant.exact(), done_.call, done_.inputs, done_.d_out, rows,
                         [&](size_t i, const RowTruth& truth) {
                           verdicts[i] = judge_row(truth, d_q.data + rows[i] * d_q.dim,
                                                   row_place(d_q, rows[i], "query"));
                         });
    return judge_rows(verdicts);
  }

  /// The rows of d_out that the gradients of one key head (over all batches) are made of.
  std::vector<int64_t> rows_of(int64_t key_head) const {
    const int64_t count = problem_.heads / problem_.kv_heads * problem_.q_len;
    std::vector<int64_t> rows;
    for (int64_t row = key_head * count; row < (key_head + 1) * count; ++row)
      if (used_[static_cast<size_t>(row)]) rows.push_back(row);
    return rows;
  }

  /// The first, the last and others as far as max_rows allows; none if it does not allow these two.
  std::vector<int64_t> key_heads_to_judge() const {
    std::vector<int64_t> heads(static_cast<size_t>(problem_.batch * problem_.kv_heads));
    std::iota(heads.begin(), heads.end(), int64_t{0});
    const NumberStream order(seed_, 0);
    const int64_t last = heads.back();
    std::ranges::sort(heads, {}, [&](int64_t head) {
      return head == 0 || head == last ? uint64_t{0} : 1 + order.word(head) / 2;
    });
    int64_t rows = 0;
    const auto beyond = std::ranges::find_if(
        heads, [&](int64_t head) { return (rows += std::ssize(rows_of(head))) > max_rows_; });
    const auto least = std::min<std::ptrdiff_t>(2, std::ssize(heads));
    heads.erase(beyond - heads.begin() < least ? heads.begin() : beyond, heads.end());
    std::ranges::sort(heads);
    return heads;
  }

  /// Which keys some of these rows see.
  std::vector<char> seen_by(const std::vector<int64_t>& rows) const {
    std::vector<char> seen(static_cast<size_t>(problem_.kv_len));
    for (const int64_t row : rows) {
      const int64_t query = row % problem_.q_len;
      for (const KeySpan& span : registry::visible_keys(*done_.variant.exact(), done_.call, query))
        for (int64_t j = span.begin; j < span.end; j += span.step) seen[static_cast<size_t>(j)] = 1;
    }
    return seen;
  }

  /// Of the keys that are seen, as many as cost no more than knowing the queries does: all if
  /// max_rows allows all rows.
  std::vector<int64_t> chosen_among(std::vector<int64_t> keys) const {
    constexpr int64_t kFewest = 64, kMost = 1024;
    const int64_t all = problem_.batch * std::max(problem_.heads * problem_.q_len,
                                                  problem_.kv_heads * problem_.kv_len);
    const int64_t most = max_rows_ >= all ? all : std::clamp(std::ssize(keys) / 4, kFewest, kMost);
    if (keys.empty()) return keys;
    std::vector<int64_t> chosen = sample_rows(1, std::ssize(keys), most, seed_);
    for (int64_t& key : chosen) key = keys[static_cast<size_t>(key)];
    return chosen;
  }

  Verdict judge_keys(int64_t key_head) const {
    const Tensor<float>&d_k = done_.gradients.k, &d_v = done_.gradients.v;
    const std::vector<int64_t> rows = rows_of(key_head);
    const std::vector<char> seen = seen_by(rows);
    const int64_t first = key_head * problem_.kv_len;
    std::vector<int64_t> keys;
    for (int64_t j = 0; j < problem_.kv_len; ++j) {
      if (seen[static_cast<size_t>(j)]) {
        keys.push_back(j);
        continue;
      }
      Verdict verdict;
      constexpr char kWhy[] = "no query whose row of d_out is not 0 sees the key";
      verdict.reason = not_zero(d_k, first + j, "key", kWhy);
      if (!verdict.reason.empty()) return named("d_k", verdict);
      verdict.reason = not_zero(d_v, first + j, "key", kWhy);
      if (!verdict.reason.empty()) return named("d_v", verdict);
    }
    keys = chosen_among(std::move(keys));
    std::vector<RowVerdict> of_k(keys.size()), of_v(keys.size());
    const auto judged = [&](const Tensor<float>& tensor, const RowTruth& truth, size_t i) {
      const int64_t row = first + keys[i];
      return judge_row(truth, tensor.data + row * tensor.dim, row_place(tensor, row, "key"));
    };
    tell_key_gradients(*done_.variant.exact(), done_.call, done_.inputs, done_.d_out, rows, keys,
                       [&](size_t i, const RowTruth& of_key, const RowTruth& of_value) {
                         of_k[i] = judged(d_k, of_key, i);
                         of_v[i] = judged(d_v, of_value, i);
                       });
    Verdict verdict = named("d_k", judge_rows(of_k));
    merge(verdict, named("d_v", judge_rows(of_v)));
    return verdict;
  }

  const BackwardCall& done_;
  const Problem& problem_;
  int64_t max_rows_;
  uint64_t seed_;
  std::vector<char> used_;  ///< Of d_out.
};

}  // namespace

Verdict check_exact_gradients(const BackwardCall& done, int64_t max_rows, uint64_t seed) {
  return ExactGradients(done, max_rows, seed).judge();
}

}  // namespace attnbench::measure
