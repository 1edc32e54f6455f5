// Ratios of medians at the sizes that two series share, and what follows from them.
#include "analyze/pairs.h"

#include <algorithm>
#include <map>

#include "analyze/draws.h"
#include "analyze/resample.h"

namespace attnbench::analyze {
namespace {

/// One size that two series have.
SizePair pair_of(const TimedCase& a, const TimedCase& b) {
  SizePair pair{a.seq_len, a.median_s, b.median_s, {}, {}};
  if (a.has_interval) pair.a_draws = a.draws;
  if (b.has_interval) pair.b_draws = b.draws;
  return pair;
}

const TimedCase* find_size(const std::vector<TimedCase>& timed, int64_t seq_len) {
  const auto it = std::lower_bound(timed.begin(), timed.end(), seq_len,
                                   [](const TimedCase& t, int64_t n) { return t.seq_len < n; });
  return it == timed.end() || it->seq_len != seq_len ? nullptr : &*it;
}

/// The place of the baseline in the group; 0 if there is none.
size_t reference_of(const Group& group) {
  if (!group.baseline) return 0;
  return std::find(group.series.begin(), group.series.end(), *group.baseline) -
         group.series.begin();
}

void add_pairs(Group& group, const std::vector<std::vector<TimedCase>>& timed) {
  const auto compare = [&](size_t i, size_t j) {
    std::vector<SizePair> pairs;
    for (const TimedCase& a : timed[i]) {
      const TimedCase* b = find_size(timed[j], a.seq_len);
      if (b == nullptr) continue;
      pairs.push_back(pair_of(a, *b));
      group.ratios.push_back({a.index, b->index, ratio_of(pairs.back())});
    }
    if (!pairs.empty())
      group.crossovers.push_back(find_crossover(pairs, group.series[i], group.series[j]));
  };
  const bool pairwise = !only_partner(group);
  const size_t reference = reference_of(group);
  for (size_t i = 0; i < timed.size(); ++i)
    for (size_t j = i + 1; j < timed.size(); ++j)
      if (pairwise || i == reference || j == reference) compare(i, j);
}

void add_speedups(Analysis& analysis, const Group& group,
                  const std::vector<std::vector<TimedCase>>& timed) {
  if (!group.baseline) return;
  const std::vector<TimedCase>& baseline = timed[reference_of(group)];
  for (const auto& series : timed)
    for (const TimedCase& t : series) {
      const TimedCase* base = find_size(baseline, t.seq_len);
      if (base == nullptr) continue;
      analysis.cases[t.index].speedup = base == &t ? Ratio{1, {}} : ratio_of(pair_of(*base, t));
    }
}

/// Finds the fastest series at the largest size that two or more series reached, and the next one
/// that is not the same variant with another seed.
void add_lead(const record::Run& run, Group& group,
              const std::vector<std::vector<TimedCase>>& timed) {
  struct Entry {
    int series;
    const TimedCase* timed;
  };
  std::map<int64_t, std::vector<Entry>> by_size;
  for (size_t i = 0; i < timed.size(); ++i)
    for (const TimedCase& t : timed[i]) by_size[t.seq_len].push_back({group.series[i], &t});
  const auto largest = std::find_if(by_size.rbegin(), by_size.rend(),
                                    [](const auto& size) { return size.second.size() > 1; });
  if (largest == by_size.rend()) return;
  std::vector<Entry>& entries = largest->second;
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return e.timed->median_s; });
  auto next = std::find_if(entries.begin() + 1, entries.end(), [&](const Entry& e) {
    return !are_draws_of_one(run.cases[e.timed->index].plan,
                             run.cases[entries.front().timed->index].plan);
  });
  if (next == entries.end()) next = entries.begin() + 1;
  group.lead = Lead{largest->first, entries.front().series, next->series,
                    ratio_of(pair_of(*next->timed, *entries.front().timed))};
}

}  // namespace

std::optional<int> only_partner(const Group& group) {
  if (group.series.size() <= kPairwiseSeries) return std::nullopt;
  return group.series[reference_of(group)];
}

Ratio ratio_of(const SizePair& pair) {
  Ratio ratio{pair.a_s / pair.b_s, {}};
  if (pair.a_draws.empty() || pair.b_draws.empty()) return ratio;
  std::vector<double> drawn(kResamples);
  for (size_t r = 0; r < drawn.size(); ++r) drawn[r] = pair.a_draws[r] / pair.b_draws[r];
  ratio.interval = percentile_interval(std::move(drawn));
  return ratio;
}

Ratio ratio_of(const record::Run& run, const Analysis& analysis, const DrawsOf& draws_of, int a,
               int b) {
  const CaseStats &of_a = analysis.cases[a], &of_b = analysis.cases[b];
  const auto draws = [&](const CaseStats& stats, int c) {
    return stats.time_s->interval ? draws_of(c) : std::vector<double>{};
  };
  const std::vector<double> a_draws = draws(of_a, a), b_draws = draws(of_b, b);
  return ratio_of(
      {run.cases[a].plan.seq_len(), of_a.time_s->median, of_b.time_s->median, a_draws, b_draws});
}

void compare_series(const record::Run& run, Analysis& analysis, Group& group,
                    const std::vector<std::vector<TimedCase>>& timed) {
  add_pairs(group, timed);
  add_speedups(analysis, group, timed);
  add_lead(run, group, timed);
}

}  // namespace attnbench::analyze
