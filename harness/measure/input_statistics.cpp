// Samples rows of full attention and averages what their weights are like.
#include "measure/input_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "measure/first_exception.h"
#include "measure/full_weights.h"
#include "measure/sampled_rows.h"

namespace attnbench::measure {
namespace {

using record::InputStatistics;
using record::NearMass;
using record::TopMass;

constexpr int64_t kRows = 64, kRowsOfHead = 4, kFewestRows = 8, kMostRows = 4096;
constexpr int64_t kProducts = int64_t{1} << 28;  ///< Of elements of q and k.

/// The first query of the second half, or the first later one that sees a key: the last one does.
int64_t first_query(const Problem& p) {
  const int64_t sees_a_key = p.causal ? std::max<int64_t>(p.q_len - p.kv_len, 0) : 0;
  return std::max(p.q_len / 2, sees_a_key);
}

/// Turn after turn, a row of each head; in each turn from another stretch of the queries.
std::vector<RowPlace> choose_rows(const Problem& p, uint64_t seed) {
  const int64_t heads = p.batch * p.heads, first = first_query(p);
  const int64_t queries = p.q_len - first;
  const int64_t affordable = std::clamp(kProducts / p.kv_len / p.head_dim, kFewestRows, kMostRows);
  const int64_t turns = std::min({std::max(kRowsOfHead, (kRows + heads - 1) / heads), queries,
                                  std::max<int64_t>(affordable / heads, 1)});
  const int64_t told = std::min(heads, affordable);  // If not all heads, some of the whole range.
  std::mt19937_64 random(seed);
  std::vector<RowPlace> rows;
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int64_t i = 0; i < told; ++i) {
      const int64_t head = i * heads / told;
      const int64_t begin = turn * queries / turns, end = (turn + 1) * queries / turns;
      const auto in_stretch = static_cast<int64_t>(random() % static_cast<uint64_t>(end - begin));
      rows.push_back({head / p.heads, head % p.heads, first + begin + in_stretch});
    }
  return rows;
}

/// The mass of the largest `keys` weights of those sorted in descending order.
double mass_of_top(const std::vector<double>& sorted, double keys) {
  const auto whole = static_cast<size_t>(keys);
  const double mass = std::reduce(sorted.begin(), sorted.begin() + static_cast<int64_t>(whole));
  const double part = keys - static_cast<double>(whole);
  return whole < sorted.size() ? mass + part * sorted[whole] : mass;
}

std::vector<TopMass> top_masses(std::vector<double> weights) {
  const auto keys = static_cast<double>(weights.size());
  const auto sorted = std::min(weights.size(), static_cast<size_t>(0.2 * keys) + 2);
  std::partial_sort(weights.begin(), weights.begin() + static_cast<int64_t>(sorted), weights.end(),
                    std::greater<>{});
  std::vector<TopMass> top;
  for (const double share : record::kTopShares)
    if (share * keys >= 1) top.push_back({share, mass_of_top(weights, share * keys)});
  return top;
}

std::vector<NearMass> near_masses(const Problem& p, int64_t query,
                                  const std::vector<double>& weights) {
  const int64_t position = aligned_position(p, query);
  std::vector<NearMass> near;
  for (int64_t keys = 1; keys < p.kv_len; keys *= 4) {
    const int64_t begin = std::clamp<int64_t>(position - keys + 1, 0, std::ssize(weights));
    const int64_t end = std::clamp<int64_t>(position + keys, begin, std::ssize(weights));
    near.push_back({keys, std::reduce(weights.begin() + begin, weights.begin() + end)});
  }
  return near;
}

/// The statistics of one row.
InputStatistics of_row(const Problem& p, const Inputs& in, const RowPlace& row) {
  const std::vector<double> weights = full_weights(p, in, row.batch, row.head, row.query);
  InputStatistics s;
  s.keys = static_cast<double>(weights.size());
  for (const double w : weights) s.entropy -= w > 0 || std::isnan(w) ? w * std::log(w) : 0;
  s.effective_keys = std::exp(s.entropy);
  s.effective_share = s.effective_keys / s.keys;
  s.first_key_mass = weights.front();
  s.top = top_masses(weights);
  s.near = near_masses(p, row.query, weights);
  return s;
}

/// The mean of one number of all rows.
double mean(const std::vector<InputStatistics>& rows, double InputStatistics::*number) {
  double sum = 0;
  for (const InputStatistics& row : rows) sum += row.*number;
  return sum / static_cast<double>(rows.size());
}

/// The mean masses of all rows. A share that is no key in the shortest row is left out.
template <class Mass>
std::vector<Mass> mean(const std::vector<InputStatistics>& rows,
                       std::vector<Mass> InputStatistics::*masses) {
  const auto shortest = std::ranges::min_element(
      rows, {}, [&](const InputStatistics& row) { return (row.*masses).size(); });
  std::vector<Mass> means = (*shortest).*masses;
  for (size_t i = 0; i < means.size(); ++i) {
    means[i].mass = 0;
    // A short row lacks the smallest shares, which come first.
    for (const InputStatistics& row : rows)
      means[i].mass += (row.*masses)[(row.*masses).size() - means.size() + i].mass;
    means[i].mass /= static_cast<double>(rows.size());
  }
  return means;
}

/// Sets the tenths of the rows with the fewest and with the most effective keys apart.
void add_spread(InputStatistics& s, const std::vector<InputStatistics>& of_rows) {
  std::vector<double> keys;
  for (const InputStatistics& row : of_rows) keys.push_back(row.effective_keys);
  std::ranges::sort(keys);
  const size_t tenth = keys.size() / 10;
  s.effective_keys_low = keys[tenth];
  s.effective_keys_high = keys[keys.size() - 1 - tenth];
}

/// Sets the least and the most of the query heads' mean first-key masses.
void add_heads(InputStatistics& s, const std::vector<RowPlace>& rows,
               const std::vector<InputStatistics>& of_rows, int64_t heads) {
  std::vector<double> sums(static_cast<size_t>(heads)), counts(sums);
  for (size_t i = 0; i < rows.size(); ++i) {
    sums[static_cast<size_t>(rows[i].head)] += of_rows[i].first_key_mass;
    counts[static_cast<size_t>(rows[i].head)] += 1;
  }
  s.first_key_mass_least = HUGE_VAL;
  for (size_t h = 0; h < sums.size(); ++h) {
    if (counts[h] == 0) continue;
    s.first_key_mass_least = std::min(s.first_key_mass_least, sums[h] / counts[h]);
    s.first_key_mass_most = std::max(s.first_key_mass_most, sums[h] / counts[h]);
  }
}

double norm(const double* x, int64_t dim) {
  return std::sqrt(std::inner_product(x, x + dim, x, 0.0));
}

/// The statistics of the keys themselves, of one key head: the two that may be empty.
struct KeyNorms {
  double mean = 0;
  double first = 0;
};

KeyNorms key_norms(const float* k, int64_t len, int64_t dim) {
  std::vector<double> sum(static_cast<size_t>(dim)), key(sum);
  double squares = 0, norms = 0, first = 0;
  for (int64_t j = 0; j < len; ++j) {
    std::copy_n(k + j * dim, dim, key.begin());
    for (size_t d = 0; d < key.size(); ++d) sum[d] += key[d];
    const double length = norm(key.data(), dim);
    if (j == 0) first = length;
    squares += length * length;
    norms += length;
  }
  const auto n = static_cast<double>(len);
  return {norm(sum.data(), dim) / n / std::sqrt(squares / n), first / (norms / n)};
}

/// Means over all heads of keys. Left empty if the keys of a head are all zero.
void add_key_norms(InputStatistics& s, const Problem& p, const Inputs& in) {
  const int64_t heads = p.batch * p.kv_heads;
  std::vector<KeyNorms> norms(static_cast<size_t>(heads));
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (int64_t head = 0; head < heads; ++head)
    failure.keep([&] {
      norms[static_cast<size_t>(head)] =
          key_norms(in.k.head(head / p.kv_heads, head % p.kv_heads), p.kv_len, p.head_dim);
    });
  failure.rethrow();
  double mean = 0, first = 0;  // Summed in order, so that threads change no bit.
  for (const KeyNorms& of_head : norms) {
    mean += of_head.mean / static_cast<double>(heads);
    first += of_head.first / static_cast<double>(heads);
  }
  if (!std::isfinite(mean) || !std::isfinite(first)) return;
  s.key_mean = mean;
  s.first_key_norm = first;
}

}  // namespace

std::optional<InputStatistics> input_statistics(const Problem& p, const Inputs& in, uint64_t seed) {
  const std::vector<RowPlace> rows = choose_rows(p, seed);
  std::vector<InputStatistics> of_rows(rows.size());
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < rows.size(); ++i)
    failure.keep([&] { of_rows[i] = of_row(p, in, rows[i]); });
  failure.rethrow();
  InputStatistics s;
  s.rows = std::ssize(rows);
  s.first_query = first_query(p);
  for (double InputStatistics::*const number :
       {&InputStatistics::keys, &InputStatistics::entropy, &InputStatistics::effective_keys,
        &InputStatistics::effective_share, &InputStatistics::first_key_mass})
    s.*number = mean(of_rows, number);
  if (!std::isfinite(s.entropy)) return std::nullopt;
  s.top = mean(of_rows, &InputStatistics::top);
  s.near = mean(of_rows, &InputStatistics::near);
  add_spread(s, of_rows);
  add_heads(s, rows, of_rows, p.heads);
  add_key_norms(s, p, in);
  return s;
}

}  // namespace attnbench::measure
