// Puts into words what training costs beside inference.
#include "report/training_words.h"

#include <algorithm>

#include "record/format.h"
#include "report/series_names.h"
#include "report/words.h"

namespace attnbench::report {

using analyze::Training;
using analyze::TrainingAtSize;

int64_t largest_swept(const record::Run& run, const analyze::Series& series) {
  return run.cases[series.cases.back()].plan.seq_len();
}

std::vector<std::string> training_names(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<record::Case> plans;
  for (const Training& training : analysis.training) {
    plans.push_back(run.cases[analysis.series[training.trained()].cases.front()].plan);
    plans.back().pass = record::Pass::kForward;
  }
  std::vector<LineStart> starts;
  for (const record::Case& plan : plans) starts.push_back({plan.label, &plan});
  return name_lines(starts, "seq_len").names;
}

const TrainingAtSize& telling_size(const analyze::Analysis& analysis, const Training& training) {
  const auto timed = [&](const std::optional<int>& c) {
    return c && analysis.cases[*c].time_s.has_value();
  };
  const auto last = [&](const auto& holds) {
    return std::find_if(training.sizes.rbegin(), training.sizes.rend(), holds);
  };
  auto it = last([](const TrainingAtSize& at) { return at.backward_ratio.has_value(); });
  if (it == training.sizes.rend())
    it = last([&](const TrainingAtSize& at) { return timed(at.backward) || timed(at.both); });
  return it == training.sizes.rend() ? training.sizes.back() : *it;
}

std::string training_sentence(const record::Run& run, const analyze::Analysis& analysis) {
  struct Told {
    double ratio;
    std::string words;
    int64_t seq_len;
  };
  std::vector<Told> all;
  const std::vector<std::string> names = training_names(run, analysis);
  for (size_t i = 0; i < analysis.training.size(); ++i) {
    const TrainingAtSize& at = telling_size(analysis, analysis.training[i]);
    if (!at.backward_ratio) continue;
    const std::string words = ratio_words(*at.backward_ratio) + " (" + names[i] + ")";
    all.push_back({at.backward_ratio->value, words, at.seq_len});
  }
  if (all.empty()) return {};
  const auto [least, most] = std::ranges::minmax_element(all, {}, &Told::ratio);
  const bool same = std::ranges::all_of(
      all, [&](const Told& told) { return told.seq_len == all.front().seq_len; });
  return "Backward takes " + least->words + (all.size() == 1 ? "" : " to " + most->words) +
         " as long as forward, " +
         (same ? "at n = " + std::to_string(all.front().seq_len)
               : "each at the largest n at which both passes were timed") +
         ".";
}

std::string backward_words(const record::Run& run, const analyze::Analysis& analysis, int series) {
  const auto it = std::ranges::find_if(
      analysis.training, [&](const Training& training) { return training.backward == series; });
  if (it == analysis.training.end()) return {};
  const TrainingAtSize& at = telling_size(analysis, *it);
  if (!at.backward_ratio) return {};
  const auto saved = static_cast<double>(run.cases[*at.backward].plan.saved_bytes);
  return "takes, at n = " + std::to_string(at.seq_len) + ", " + ratio_words(*at.backward_ratio) +
         " as long as the forward pass, which keeps " + record::format_bytes(saved) + " for it.";
}

}  // namespace attnbench::report
