// Gradients in double, by the definition of softmax over visible keys.
#include "measure/gradient_truth.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "measure/first_exception.h"
#include "measure/gradient_sum.h"
#include "measure/query_gradient.h"
#include "measure/sampled_rows.h"

namespace attnbench::measure {
namespace {

using ByRuns = std::array<float, kFloatGradients>;

double square(double x) {
  return x * x;
}

/// The coefficients of key i by each run: its weight, or the gradient of its score.
ByRuns by_runs(const QueryGradient& gradient, std::vector<float> FloatGradient::*which, size_t i) {
  ByRuns values{};
  for (size_t run = 0; run < values.size(); ++run) values[run] = (gradient.runs[run].*which)[i];
  return values;
}

RowTruth query_truth(const QueryRow& row, const QueryGradient& gradient) {
  GradientSum sum(row.dim());
  std::vector<double> pulled(static_cast<size_t>(row.dim()));
  for (size_t i = 0; i < gradient.keys.size(); ++i) {
    const KeyGradient& key = gradient.keys[i];
    sum.add(key.score, row.key(i), by_runs(gradient, &FloatGradient::scores, i).data(),
            gradient.holds);
    for (size_t d = 0; d < pulled.size(); ++d)
      pulled[d] += key.pull * static_cast<double>(row.key(i)[d]);
  }
  for (int64_t d = 0; d < row.dim(); ++d)
    sum.add_square(d, square(pulled[static_cast<size_t>(d)]) * gradient.delta_square +
                          square(sum.sum(d)) * gradient.common_square);
  return sum.truth(score_scale(row.problem), row.problem.kv_len);
}

/// What one query adds to one key.
struct Pair {
  size_t place = 0;  ///< The key's, among those asked for.
  Coefficient weight, score;
  ByRuns weights{}, scores{};
};

/// One query's pairs with the keys asked for that it sees.
struct Pairs {
  const float* q = nullptr;
  const float* d_out = nullptr;
  bool holds = true;
  std::vector<Pair> pairs;  ///< By ascending place.
};

Pairs pairs_of(const QueryRow& row, const float* d_out, std::span<const int64_t> keys) {
  const QueryGradient gradient = query_gradient(row, d_out);
  Pairs result{row.q, d_out, gradient.holds, {}};
  result.pairs.reserve(std::min(keys.size(), row.keys.size()));
  size_t place = 0;
  for (size_t i = 0; i < row.keys.size(); ++i) {
    while (place < keys.size() && keys[place] < row.keys[i]) ++place;
    if (place == keys.size()) break;
    if (keys[place] != row.keys[i]) continue;
    const KeyGradient& key = gradient.keys[i];
    Pair pair{place, key.weight, key.score, by_runs(gradient, &FloatGradient::weights, i),
              by_runs(gradient, &FloatGradient::scores, i)};
    // For one key, errors that all keys of a query have in common differ from query to query.
    pair.score.square +=
        square(key.score.value) * gradient.common_square + square(key.pull) * gradient.delta_square;
    result.pairs.push_back(pair);
  }
  return result;
}

/// d_k and d_v of one key while they are summed up.
struct KeySums {
  GradientSum d_k, d_v;
  explicit KeySums(int64_t dim) : d_k(dim), d_v(dim) {}

  void add(const Pairs& query, size_t place) {
    const auto pair = std::ranges::lower_bound(query.pairs, place, {}, &Pair::place);
    if (pair == query.pairs.end() || pair->place != place) return;
    d_k.add(pair->score, query.q, pair->scores.data(), query.holds);
    d_v.add(pair->weight, query.d_out, pair->weights.data(), query.holds);
  }
};

/// As many threads as have the memory to work on a query each, from half of what may be taken.
int threads_for(const Problem& p) {
  const int64_t more = kSpareGradientBytes / 2 / (kGradientBytesAKey * p.kv_len);
  return static_cast<int>(std::min<int64_t>(1 + more, omp_get_max_threads()));
}

/// Queries whose pairs with as many keys are held at a time, in the other half.
size_t queries_for(size_t keys) {
  constexpr size_t kMost = 64;
  const size_t bytes = std::max<size_t>(keys * sizeof(Pair), 1);
  return std::clamp<size_t>(kSpareGradientBytes / 2 / bytes, 1, kMost);
}

}  // namespace

void tell_query_gradients(const Exact& variant, const Call& call, const Inputs& inputs,
                          const Tensor<const float>& d_out, std::span<const int64_t> rows,
                          const TakeTruth& take) {
  const int threads = threads_for(call.problem);
  FirstException failure;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (size_t i = 0; i < rows.size(); ++i)
    failure.keep([&] {
      const auto [b, h, query] = place_of(call.problem, rows[i]);
      const QueryRow row = query_row(variant, call, inputs, b, h, query);
      take(i, query_truth(row, query_gradient(row, d_out.row(b, h, query))));
    });
  failure.rethrow();
}

void tell_key_gradients(const Exact& variant, const Call& call, const Inputs& inputs,
                        const Tensor<const float>& d_out, std::span<const int64_t> rows,
                        std::span<const int64_t> keys, const TakeKeyTruth& take) {
  const Problem& p = call.problem;
  const int64_t group = p.heads / p.kv_heads;
  const int threads = threads_for(p);
  const size_t at_a_time = queries_for(keys.size());
  std::vector<KeySums> sums(keys.size(), KeySums(p.head_dim));
  FirstException failure;
  for (size_t first = 0; first < rows.size(); first += at_a_time) {
    std::vector<Pairs> queries(std::min(at_a_time, rows.size() - first));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < queries.size(); ++i)
      failure.keep([&] {
        const auto [b, h, query] = place_of(p, rows[first + i]);
        queries[i] =
            pairs_of(query_row(variant, call, inputs, b, h, query), d_out.row(b, h, query), keys);
      });
    failure.rethrow();
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < keys.size(); ++k)
      for (const Pairs& query : queries) sums[k].add(query, k);
  }
#pragma omp parallel for schedule(static)
  for (size_t k = 0; k < keys.size(); ++k)
    failure.keep([&] {
      take(k, sums[k].d_k.truth(score_scale(p), group * p.q_len),
           sums[k].d_v.truth(1, group * p.q_len));
    });
  failure.rethrow();
}

}  // namespace attnbench::measure
