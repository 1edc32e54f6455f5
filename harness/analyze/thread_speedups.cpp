// Pairs cases that differ only in the number of threads.
#include "analyze/thread_speedups.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "record/axes.h"

namespace attnbench::analyze {
namespace {

constexpr std::string_view kThreads = "threads";

/// Everything but the number of threads.
auto on_any_threads(const record::Case& c) {
  const auto others = [](const record::Axis& axis) { return axis.name != kThreads; };
  return work_of(c, record::values_of(c, others));
}

}  // namespace

void add_thread_speedups(Analysis& analysis, const record::Run& run, const DrawsOf& draws_of) {
  std::map<decltype(on_any_threads(run.cases.front().plan)), std::vector<int>> alike;
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c)
    if (analysis.cases[c].time_s) alike[on_any_threads(run.cases[c].plan)].push_back(c);
  const auto threads = [&](int c) { return run.cases[c].plan.threads; };
  for (auto& [work, cases] : alike) {
    std::ranges::stable_sort(cases, {}, threads);
    const int fewest = cases.front();
    if (threads(fewest) == threads(cases.back()) || threads(fewest) < 1) continue;
    for (const int c : cases) {
      CaseStats& stats = analysis.cases[c];
      stats.thread_speedup =
          c == fewest ? Ratio{1, {}} : ratio_of(run, analysis, draws_of, fewest, c);
      stats.percent_of_linear_speedup =
          100 * stats.thread_speedup->value * threads(fewest) / threads(c);
    }
  }
}

}  // namespace attnbench::analyze
