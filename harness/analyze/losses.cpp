// Gathers the cases of a group that have a time and a distance from full attention.
#include "analyze/losses.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/draws.h"
#include "analyze/pairs.h"
#include "analyze/pareto.h"
#include "analyze/statistics.h"

namespace attnbench::analyze {
namespace {

/// The time of `a` over that of `b`, with the interval that the group's comparison found.
Ratio time_ratio(const Analysis& analysis, const Group& group, int a, int b) {
  const double value = analysis.cases[a].time_s->median / analysis.cases[b].time_s->median;
  if (a == b) return {value, {}};
  for (const CaseRatio& r : group.ratios) {
    if (r.a == a && r.b == b) return r.ratio;
    if (r.a != b || r.b != a) continue;
    Ratio turned{value, {}};
    if (r.ratio.interval)
      turned.interval = {{1 / r.ratio.interval->high, 1 / r.ratio.interval->low}};
    return turned;
  }
  return {value, {}};
}

template <class Of>
double median_of(const std::vector<int>& cases, const Of& of) {
  std::vector<double> values;
  for (const int index : cases) values.push_back(of(index));
  return quantile(sorted_copy(values), 0.5);
}

void mark_front(const record::Run& run, const Analysis& analysis, std::vector<Loss>& losses) {
  const auto error_of = [&](int index) { return *relative_error(run.cases[index]); };
  std::vector<int> cases;
  for (const Loss& loss : losses) cases.push_back(loss.index);
  const std::vector<Draws> all = gather_draws(run, cases);
  std::vector<Choice> choices;
  for (const Draws& draws : all)
    choices.push_back(
        {median_of(draws.cases, [&](int index) { return analysis.cases[index].time_s->median; }),
         median_of(draws.cases, error_of)});
  const std::vector<bool> front = pareto_front(choices);
  for (size_t i = 0; i < all.size(); ++i) {
    const int stands = *std::ranges::min_element(
        all[i].cases, {}, [&](int index) { return std::abs(error_of(index) - choices[i].error); });
    for (Loss& loss : losses) {
      if (std::ranges::find(all[i].cases, loss.index) == all[i].cases.end()) continue;
      loss.stands = loss.index == stands;
      loss.on_front = front[i] && loss.stands;
      loss.draws = static_cast<int>(all[i].cases.size());
    }
  }
}

bool is_of(const Analysis& analysis, std::optional<int> series, int index) {
  return series && std::ranges::find(analysis.series[*series].cases, index) !=
                       analysis.series[*series].cases.end();
}

/// Among cases at distance 0, the baseline's comes before that of the series that all others were
/// compared with, as only pairs that were compared have an interval; then comes the fastest.
std::optional<int> reference_of(const record::Run& run, const Analysis& analysis,
                                const Group& group, const std::vector<Loss>& losses) {
  std::vector<int> exact;
  for (const Loss& loss : losses)
    if (relative_error(run.cases[loss.index]) == 0) exact.push_back(loss.index);
  for (const std::optional<int> series : {group.baseline, only_partner(group)})
    for (const int index : exact)
      if (is_of(analysis, series, index)) return index;
  return exact.empty() ? std::nullopt : std::optional(exact.front());
}

}  // namespace

std::optional<double> relative_error(const record::CaseRecord& c) {
  return c.quality ? c.quality->relative_error : std::nullopt;
}

std::vector<LossesAtSize> find_losses(const record::Run& run, const Analysis& analysis,
                                      const Group& group) {
  std::map<int64_t, std::vector<Loss>> by_size;
  for (const int s : group.series)
    for (const int c : analysis.series[s].cases)
      if (analysis.cases[c].time_s && relative_error(run.cases[c]))
        by_size[run.cases[c].plan.seq_len()].push_back({c});
  std::vector<LossesAtSize> all;
  for (auto& [seq_len, losses] : by_size) {
    if (std::ranges::none_of(
            losses, [&](const Loss& l) { return *relative_error(run.cases[l.index]) > 0; }))
      continue;
    std::ranges::stable_sort(
        losses, {}, [&](const Loss& loss) { return analysis.cases[loss.index].time_s->median; });
    mark_front(run, analysis, losses);
    LossesAtSize at{seq_len, reference_of(run, analysis, group, losses), std::move(losses)};
    for (Loss& loss : at.cases)
      if (at.reference) loss.speedup = time_ratio(analysis, group, *at.reference, loss.index);
    all.push_back(std::move(at));
  }
  return all;
}

}  // namespace attnbench::analyze
