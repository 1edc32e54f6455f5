// Compares rows of a definition with full attention, in double.
#include "measure/quality.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

#include "measure/full_weights.h"
#include "measure/oracle.h"
#include "measure/sampled_rows.h"

namespace attnbench::measure {
namespace {

/// Sums over the elements of rows, with y of the definition.
struct Sums {
  double error = 0;    ///< (y - full)^2
  double full = 0;     ///< full^2
  double own = 0;      ///< y^2
  double product = 0;  ///< y full

  void add(const Sums& more) {
    error += more.error;
    full += more.full;
    own += more.own;
    product += more.product;
  }
  bool finite() const { return std::isfinite(error + full + own + product); }
  /// Empty if full attention is 0 and the definition is not.
  std::optional<double> relative_error() const {
    if (error == 0) return 0;
    return full > 0 ? std::optional(std::sqrt(error / full)) : std::nullopt;
  }
};

Sums sums_of(std::span<const double> own, std::span<const double> full) {
  Sums sums;
  for (size_t d = 0; d < full.size(); ++d)
    sums.add({(own[d] - full[d]) * (own[d] - full[d]), full[d] * full[d], own[d] * own[d],
              own[d] * full[d]});
  return sums;
}

/// Full attention's weight of these keys. Adding some of the weights in the order in which all are
/// added gives 1 if none is missing, and never more.
double mass_of(const std::vector<int64_t>& keys, const std::vector<double>& weights) {
  double seen = 0;
  for (const int64_t key : keys)
    if (std::cmp_less(key, weights.size())) seen += weights[static_cast<size_t>(key)];
  return seen / std::accumulate(weights.begin(), weights.end(), 0.0);
}

struct Row {
  Sums sums;
  std::optional<double> mass;  ///< Empty without keys to see.
};

Row compare_row(const Problem& p, const Inputs& inputs, int64_t number, const RowTruth& own) {
  const auto [batch, head, query] = place_of(p, number);
  const QueryRow all = full_row(p, inputs, batch, head, query);
  const std::vector<double> weights = oracle_weights(all);
  Row row{sums_of(own.out, weighted_values(all, weights)), {}};
  if (own.query != nullptr && !weights.empty()) row.mass = mass_of(own.query->keys, weights);
  return row;
}

/// Fills in the head with the largest relative error.
void find_worst_head(record::Quality& quality, const std::vector<Sums>& heads) {
  for (size_t h = 0; h < heads.size(); ++h) {
    const std::optional<double> error = heads[h].relative_error();
    if (!error || (quality.worst_head_error && *error <= *quality.worst_head_error)) continue;
    quality.worst_head_error = error;
    quality.worst_head = static_cast<int64_t>(h);
  }
}

}  // namespace

Definition definition_of(const Variant& variant, const Call& call, const Inputs& inputs) {
  return [&](std::span<const int64_t> rows, const TakeTruth& take) {
    tell_truth(variant, call, inputs, rows, Bounds::kUnwanted, take);
  };
}

std::vector<int64_t> quality_rows(const Problem& p, uint64_t seed) {
  // So many products of q and k take about 0.1 s on one thread.
  constexpr int64_t kProducts = int64_t{1} << 26, kFewest = 64, kFewestOfHead = 4, kMost = 1024;
  const int64_t wanted = std::clamp(kProducts / (p.kv_len * p.head_dim), kFewest, kMost);
  const int64_t units = p.batch * p.q_len;  // Of a head; neighbours differ in their batch.
  const int64_t of_head =
      std::min(units, std::max(kFewestOfHead, (wanted + p.heads - 1) / p.heads));
  std::mt19937_64 random(seed);
  std::vector<int64_t> rows;
  for (int64_t head = 0; head < p.heads; ++head)
    for (int64_t i = 0; i < of_head; ++i) {
      const int64_t begin = i * units / of_head, end = (i + 1) * units / of_head;
      const auto unit = begin + static_cast<int64_t>(random() % static_cast<uint64_t>(end - begin));
      rows.push_back((unit % p.batch * p.heads + head) * p.q_len + unit / p.batch);
    }
  std::ranges::sort(rows);
  return rows;
}

record::Quality measure_quality(const Problem& problem, const Inputs& inputs,
                                const Definition& definition, const std::vector<int64_t>& rows) {
  std::vector<Row> compared(rows.size());
  definition(rows, [&](size_t i, const RowTruth& own) {
    compared[i] = compare_row(problem, inputs, rows[i], own);
  });
  Sums all;
  std::vector<Sums> heads(static_cast<size_t>(problem.heads));
  double mass = 0;
  int64_t weighed = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.add(compared[i].sums);
    heads[static_cast<size_t>(place_of(problem, rows[i]).head)].add(compared[i].sums);
    mass += compared[i].mass.value_or(0);
    weighed += compared[i].mass ? 1 : 0;
  }
  record::Quality quality;
  if (!all.finite()) {
    quality.reason = "full attention or the definition is not finite on these inputs";
    return quality;
  }
  quality.relative_error = all.relative_error();
  if (!quality.relative_error) {
    quality.reason = "full attention is 0 in all rows that were compared";
    return quality;
  }
  quality.rows = std::ssize(rows);
  find_worst_head(quality, heads);
  if (all.full > 0 && all.own > 0)
    quality.cosine = std::clamp(all.product / std::sqrt(all.full * all.own), -1.0, 1.0);
  if (weighed > 0) quality.mass_recall = mass / static_cast<double>(weighed);
  return quality;
}

}  // namespace attnbench::measure
