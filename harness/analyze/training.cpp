// Puts together the series that differ only in their pass.
#include "analyze/training.h"

#include <map>
#include <string_view>

#include "record/axes.h"

namespace attnbench::analyze {
namespace {

/// Everything but the pass and the length.
auto both_passes_of(const record::Case& c) {
  const auto others = [](const record::Axis& axis) {
    return axis.name != std::string_view("pass");
  };
  return work_of(c, record::series_values_of(c, others));
}

/// The place of a pass in a struct that has one for each.
template <class Passes>
std::optional<int>& place_of(record::Pass pass, Passes& passes) {
  switch (pass) {
    case record::Pass::kForward:
      return passes.forward;
    case record::Pass::kBackward:
      return passes.backward;
    case record::Pass::kBoth:
      break;
  }
  return passes.both;
}

void add_sizes(Training& training, const record::Run& run, const Analysis& analysis) {
  std::map<int64_t, TrainingAtSize> sizes;
  for (const auto& series : {training.forward, training.backward, training.both}) {
    if (!series) continue;
    for (const int c : analysis.series[*series].cases) {
      const record::Case& plan = run.cases[c].plan;
      TrainingAtSize& at = sizes[plan.seq_len()];
      at.seq_len = plan.seq_len();
      place_of(plan.pass, at) = c;
    }
  }
  for (auto& [seq_len, at] : sizes) training.sizes.push_back(std::move(at));
}

bool trains_something(const Training& training, const Analysis& analysis) {
  for (const auto& series : {training.backward, training.both})
    if (series && analysis.series[*series].first_supported) return true;
  return false;
}

}  // namespace

std::vector<Training> find_training(const record::Run& run, const Analysis& analysis,
                                    const DrawsOf& draws_of) {
  std::vector<Training> all;
  std::map<decltype(both_passes_of(run.cases.front().plan)), size_t> known;
  for (int s = 0; std::cmp_less(s, analysis.series.size()); ++s) {
    const record::Case& plan = run.cases[analysis.series[s].cases.front()].plan;
    const auto [it, is_new] = known.try_emplace(both_passes_of(plan), all.size());
    if (is_new) all.emplace_back();
    place_of(plan.pass, all[it->second]) = s;
  }
  std::erase_if(all, [&](const Training& t) { return !trains_something(t, analysis); });
  for (Training& training : all) {
    add_sizes(training, run, analysis);
    for (TrainingAtSize& at : training.sizes) {
      if (!at.forward || !at.backward) continue;
      if (!analysis.cases[*at.forward].time_s || !analysis.cases[*at.backward].time_s) continue;
      at.backward_ratio = ratio_of(run, analysis, draws_of, *at.backward, *at.forward);
    }
  }
  return all;
}

}  // namespace attnbench::analyze
