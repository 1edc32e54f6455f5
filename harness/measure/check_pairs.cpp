// Compares gradients with sums of known numbers over pairs of query and key.
//
// With weights 1/n_i, v_j = x_j in dimension 0 and d_out_i = n_i s_i, for s of +-1, the definition
// of gradients (query_gradient.cpp) says, with m_i the mean of x_j over the keys of query i:
//   d_v_j = sum over queries of s_i
//   d_k_j = scale * sum over queries of s_i0 (x_j - m_i) q_i
//   d_q_i = scale * s_i0 * sum over keys of (x_j - m_i) k_j
#include "measure/check_pairs.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "measure/first_exception.h"
#include "measure/gradient_verdicts.h"
#include "measure/number_stream.h"
#include "measure/span_sums.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

/// How far a sum may be off, in units of what one pair is worth.
constexpr double kTolerance = 0.25;
/// How much more rounding may add, relative to the sum: by a weight that is the exponential of a
/// logarithm.
constexpr double kRoundings = 128 * 0x1p-24;
/// Most terms of a sum for one pair more or less to show above the rounding of a float32 chain.
constexpr int64_t kMostTerms = int64_t{1} << 20;
/// Most bytes of all threads' tables; columns are taken in groups that fit.
constexpr int64_t kTableBytes = int64_t{64} << 20;

float sign(const NumberStream& stream, int64_t index) {
  return stream.word(index) >> 63 == 0 ? 1.0f : -1.0f;
}

float sign(float x) {
  return x < 0 ? -1.0f : 1.0f;
}

/// The element of a gradient that is farthest beyond what it may be off.
struct Farthest {
  double over_limit = 0;
  const char* name = nullptr;
  const char* position = nullptr;
  Tensor<float> tensor = {};
  int64_t index = 0;
  double expected = 0;

  std::string reason() const {
    if (over_limit <= 1) return {};
    char text[240];
    std::snprintf(text, sizeof text,
                  ": expected a sum of %.9g, got %.9g: some pair of query and key is left out, "
                  "counted twice or not the variant's",
                  expected, static_cast<double>(tensor.data[index]));
    return std::string(name) + ": " + place(tensor, index, position) + text;
  }
};

/// Compares elements of one gradient, in units of `unit`.
class Comparison {
 public:
  Comparison(const char* name, const char* position, const Tensor<float>& tensor, double unit)
      : unit_(unit) {
    farthest_ = {0, name, position, tensor, 0, 0};
  }
  /// `size` bounds the sum's absolute value.
  void compare(int64_t row, int64_t dim, double sum, double size) {
    const int64_t index = row * farthest_.tensor.dim + dim;
    const double off = std::abs(farthest_.tensor.data[index] / unit_ - sum);
    const double over = off / (kTolerance + kRoundings * size);
    if (over <= farthest_.over_limit) return;
    farthest_.over_limit = over;
    farthest_.index = index;
    farthest_.expected = sum * unit_;
  }
  void merge(const Comparison& other) {
    if (other.farthest_.over_limit > farthest_.over_limit) farthest_ = other.farthest_;
  }
  std::string reason() const { return farthest_.reason(); }

 private:
  double unit_;
  Farthest farthest_;
};

/// Compares elements of all three.
struct Comparisons {
  Comparison d_q, d_k, d_v;

  explicit Comparisons(const BackwardCall& done)
      : d_q("d_q", "query", done.gradients.q, score_scale(done.call.problem)),
        d_k("d_k", "key", done.gradients.k, score_scale(done.call.problem)),
        d_v("d_v", "key", done.gradients.v, 1) {}
  void merge(const Comparisons& other) {
    d_q.merge(other.d_q);
    d_k.merge(other.d_k);
    d_v.merge(other.d_v);
  }
};

class PairCounter {
 public:
  explicit PairCounter(const BackwardCall& done) : done_(done), p_(done.call.problem), all_(done) {}

  Verdict judge() {
    Verdict verdict;
    if (!survey()) {
      verdict.not_judged = {"d_q", "d_k", "d_v"};
      return verdict;
    }
    for (int64_t b = 0; b < p_.batch; ++b)
      for (int64_t g = 0; g < p_.kv_heads; ++g) judge_key_head(b, g);
    if (p_.head_dim == 1)
      verdict.not_judged = {"d_q"};  // Of k, only odd dimensions are not 0.
    else
      verdict.check.rows_counted = p_.batch * p_.heads * p_.q_len;
    for (const Comparison* c : {&all_.d_q, &all_.d_k, &all_.d_v})
      if (verdict.reason.empty()) verdict.reason = c->reason();
    verdict.ok = verdict.reason.empty() && verdict.not_judged.empty();
    return verdict;
  }

 private:
  int64_t group() const { return p_.heads / p_.kv_heads; }

  /// Finds the queries' keys and the steps of their spans; false if a sum may have too many terms.
  bool survey() {
    for (int64_t i = 0; i < p_.q_len; ++i) {
      spans_.push_back(registry::visible_keys(*done_.variant.exact(), done_.call, i));
      int64_t keys = 0;
      for (const KeySpan& span : spans_.back()) {
        keys += registry::key_count(span);
        steps_.insert(step_of(span));
      }
      keys_.push_back(keys);
      if (keys > kMostTerms) return false;
    }
    return p_.q_len * group() <= kMostTerms;
  }

  /// Columns that a thread takes at a time: an equal share, if the tables of all threads fit.
  int64_t columns_at_a_time() const {
    constexpr int64_t kBytes = 24;  // Of a table's element, at most.
    const auto tables = static_cast<int64_t>(steps_.size()) + 1;
    const int64_t threads = omp_get_max_threads();
    const int64_t fit = kTableBytes / ((p_.kv_len + p_.q_len) * tables * kBytes * threads);
    return std::clamp<int64_t>(fit, 1, (p_.head_dim + threads - 1) / threads);
  }

  void judge_key_head(int64_t b, int64_t g) {
    const float* const values = done_.inputs.v.head(b, g);
    means_ = sums_over_keys({values, p_.head_dim, 1});
    for (size_t i = 0; i < means_.size(); ++i)
      means_[i] /= static_cast<double>(std::max<int64_t>(keys_[i], 1));
    const int64_t wide = columns_at_a_time();
    const int64_t groups = (p_.head_dim + wide - 1) / wide;
    std::vector<Comparisons> found(static_cast<size_t>(groups), Comparisons(done_));
    FirstException failure;
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < groups; ++i)
      failure.keep([&] {
        const int64_t first = i * wide, count = std::min(wide, p_.head_dim - first);
        judge_queries(b, g, first, count, found[static_cast<size_t>(i)]);
        judge_keys(b, g, first, count, found[static_cast<size_t>(i)]);
      });
    failure.rethrow();
    for (const Comparisons& more : found) all_.merge(more);
  }

  /// Of each query, sums of rows of whole numbers over its keys: [q_len, columns].
  std::vector<double> sums_over_keys(const Columns& columns) const {
    std::map<int64_t, RunningSums> by_step;
    for (const int64_t step : steps_) by_step.emplace(step, RunningSums(columns, p_.kv_len, step));
    std::vector<double> all(static_cast<size_t>(p_.q_len * columns.count));
    std::vector<int32_t> sums;
    for (size_t i = 0; i < spans_.size(); ++i) {
      sums.assign(static_cast<size_t>(columns.count), 0);
      for (const KeySpan& span : spans_[i])
        by_step.at(step_of(span)).add_span(span, registry::key_count(span), sums.data());
      std::copy(sums.begin(), sums.end(), all.begin() + std::ssize(sums) * static_cast<int64_t>(i));
    }
    return all;
  }

  void judge_queries(int64_t b, int64_t g, int64_t first, int64_t count, Comparisons& to) const {
    std::vector<float> rows;  // Of each key: its k, and k times x.
    for (int64_t j = 0; j < p_.kv_len; ++j) {
      const float* const k = done_.inputs.k.row(b, g, j) + first;
      const float x = *done_.inputs.v.row(b, g, j);
      rows.insert(rows.end(), k, k + count);
      for (int64_t c = 0; c < count; ++c) rows.push_back(k[c] * x);
    }
    const std::vector<double> sums = sums_over_keys({rows.data(), 2 * count, 2 * count});
    for (int64_t h = g * group(); h < (g + 1) * group(); ++h)
      for (int64_t i = 0; i < p_.q_len; ++i) {
        const double* const of_k = sums.data() + i * 2 * count;
        const double* const of_kx = of_k + count;
        const double s = sign(*done_.d_out.row(b, h, i)), m = means_[static_cast<size_t>(i)];
        for (int64_t c = 0; c < count; ++c)
          to.d_q.compare((b * p_.heads + h) * p_.q_len + i, first + c, s * (of_kx[c] - m * of_k[c]),
                         std::abs(of_kx[c]) + std::abs(of_k[c]));
      }
  }

  void judge_keys(int64_t b, int64_t g, int64_t first, int64_t count, Comparisons& to) const {
    const auto wide = static_cast<size_t>(count);
    KeyTotals totals(p_.kv_len, 3 * count);
    std::vector<double> worth(3 * wide);  // Of a query: s, s_0 q, and s_0 m q.
    for (int64_t i = 0; i < p_.q_len; ++i) {
      std::fill(worth.begin(), worth.end(), 0.0);
      for (int64_t h = g * group(); h < (g + 1) * group(); ++h) {
        const float *const d_out = done_.d_out.row(b, h, i), *const q = done_.inputs.q.row(b, h, i);
        for (size_t c = 0; c < wide; ++c) {
          const double product = sign(*d_out) * q[first + static_cast<int64_t>(c)];
          worth[c] += sign(d_out[first + static_cast<int64_t>(c)]);
          worth[wide + c] += product;
          worth[2 * wide + c] += product * means_[static_cast<size_t>(i)];
        }
      }
      for (const KeySpan& span : spans_[static_cast<size_t>(i)])
        totals.add_span(span, worth.data());
    }
    const std::vector<double> of_keys = totals.take();
    for (int64_t j = 0; j < p_.kv_len; ++j) {
      const double* const s = of_keys.data() + j * 3 * count;
      const double *const q = s + count, *const mq = q + count;
      const double x = *done_.inputs.v.row(b, g, j);
      const int64_t row = (b * p_.kv_heads + g) * p_.kv_len + j;
      for (int64_t c = 0; c < count; ++c) {
        to.d_v.compare(row, first + c, s[c], std::abs(s[c]));
        to.d_k.compare(row, first + c, x * q[c] - mq[c], std::abs(q[c]) + std::abs(mq[c]));
      }
    }
  }

  const BackwardCall& done_;
  const Problem& p_;
  Comparisons all_;
  std::vector<std::vector<KeySpan>> spans_;  ///< Of each query.
  std::vector<int64_t> keys_;                ///< Their number, of each query.
  std::vector<double> means_;                ///< m of each query, for the key head at hand.
  std::set<int64_t> steps_;                  ///< That spans have.
};

}  // namespace

bool can_count_pairs(const Variant& variant, const Problem& problem) {
  return variant.exact() != nullptr && !problem.alibi;
}

void fill_for_pairs(const Exact& variant, const Call& call, const InputSet::Writable& inputs,
                    const Tensor<float>& d_out, uint64_t seed) {
  uint64_t number = 0;
  const auto fill = [&](const Tensor<float>& tensor, const auto& is_used) {
    const NumberStream stream(seed, number++);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.data[i] = is_used(i % tensor.dim) ? sign(stream, i) : 0;
  };
  fill(inputs.q, [](int64_t dim) { return dim % 2 == 0; });
  fill(inputs.k, [](int64_t dim) { return dim % 2 == 1; });
  fill(inputs.v, [](int64_t dim) { return dim == 0; });
  fill(d_out, [](int64_t) { return true; });
  for (int64_t i = 0; i < d_out.len; ++i) {
    int64_t keys = 0;
    for (const KeySpan& span : registry::visible_keys(variant, call, i))
      keys += registry::key_count(span);
    if (keys == 0) continue;
    for (int64_t b = 0; b < d_out.batch; ++b)
      for (int64_t h = 0; h < d_out.heads; ++h)
        for (int64_t d = 0; d < d_out.dim; ++d) d_out.row(b, h, i)[d] *= static_cast<float>(keys);
  }
}

Verdict check_pairs(const BackwardCall& done) {
  Verdict verdict;
  verdict.reason = first_not_finite(done);
  if (!verdict.reason.empty()) return verdict;
  return PairCounter(done).judge();
}

}  // namespace attnbench::measure
