// Pairs series that differ only in an axis whose values are words.
#include "analyze/axis_effects.h"

#include <algorithm>
#include <map>

#include "record/axes.h"

namespace attnbench::analyze {
namespace {

/// The case with the standard value, and nothing else changed but axes that follow this one.
record::Case with_standard(record::Case c, const record::Axis& axis) {
  const record::AxisValue before = axis.get(c), standard = *axis.standard_in(c);
  axis.set(c, standard);
  for (const record::Axis& other : record::axes())
    if (other.follows != nullptr && other.follows == std::string_view(axis.name) &&
        other.get(c) == before)
      other.set(c, standard);
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
                                          const DrawsOf& draws_of) {
  std::vector<AxisEffect> effects;
  for (const record::Axis& axis : record::axes()) {
    if (!axis.has_words() || !axis.same_work) continue;
    for (const Series& series : analysis.series) {
      const record::Case& plan = run.cases[series.cases.front()].plan;
      if (axis.is_standard(plan)) continue;
      const int partner = series_of(with_standard(plan, axis), run, analysis);
      if (partner < 0) continue;
      const auto [standard, other] =
          largest_common(run, analysis, analysis.series[partner], series);
      if (standard < 0) continue;
      effects.push_back(
          {axis.name, standard, other, ratio_of(run, analysis, draws_of, standard, other)});
    }
  }
  return effects;
}

}  // namespace attnbench::analyze
