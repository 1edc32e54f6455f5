// Pairs series that differ only in an axis whose values are words.
#include "analyze/axis_effects.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "analyze/pairs.h"
#include "record/axes.h"

namespace attnbench::analyze {
namespace {

/// The case with the standard value and nothing else changed.
record::Case with_standard(record::Case c, const record::Axis& axis) {
  axis.set(c, *axis.standard);
  return c;
}

/// The series that `wanted` would belong to; -1 if the run has none.
int series_of(const record::Case& wanted, const record::Run& run, const Analysis& analysis) {
  for (int s = 0; std::cmp_less(s, analysis.series.size()); ++s)
    if (same_series(run.cases[analysis.series[s].cases.front()].plan, wanted)) return s;
  return -1;
}

/// The largest length at which both series have a time: its case in either; -1 if there is none.
std::pair<int, int> largest_common(const record::Run& run, const Analysis& analysis,
                                   const Series& a, const Series& b) {
  std::map<int64_t, int> by_length;
  for (const int c : a.cases)
    if (analysis.cases[c].time_s) by_length[run.cases[c].plan.seq_len()] = c;
  for (auto it = b.cases.rbegin(); it != b.cases.rend(); ++it) {
    const auto found = by_length.find(run.cases[*it].plan.seq_len());
    if (analysis.cases[*it].time_s && found != by_length.end()) return {found->second, *it};
  }
  return {-1, -1};
}

}  // namespace

std::vector<AxisEffect> find_axis_effects(const record::Run& run, const Analysis& analysis,
                                          const std::function<std::vector<double>(int)>& draws_of) {
  std::vector<AxisEffect> effects;
  const auto draws = [&](int c) {
    return analysis.cases[c].time_s->interval ? draws_of(c) : std::vector<double>{};
  };
  for (const record::Axis& axis : record::axes()) {
    // Passes are different work: see training.h.
    if (!axis.has_words() || !axis.standard || axis.name == std::string_view("pass")) continue;
    for (const Series& series : analysis.series) {
      const record::Case& plan = run.cases[series.cases.front()].plan;
      if (axis.is_standard(plan)) continue;
      const int partner = series_of(with_standard(plan, axis), run, analysis);
      if (partner < 0) continue;
      const auto [standard, other] =
          largest_common(run, analysis, analysis.series[partner], series);
      if (standard < 0) continue;
      const std::vector<double> standard_draws = draws(standard), other_draws = draws(other);
      effects.push_back(
          {axis.name, standard, other,
           ratio_of({plan.seq_len(), analysis.cases[standard].time_s->median,
                     analysis.cases[other].time_s->median, standard_draws, other_draws})});
    }
  }
  return effects;
}

}  // namespace attnbench::analyze
