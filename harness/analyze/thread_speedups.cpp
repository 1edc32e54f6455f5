// Pairs cases that differ only in the number of threads.
#include "analyze/thread_speedups.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "analyze/pairs.h"
#include "record/axes.h"

namespace attnbench::analyze {
namespace {

constexpr std::string_view kThreads = "threads";

/// Everything but the number of threads.
auto work_of(const record::Case& c) {
  const auto others = [](const record::Axis& axis) { return axis.name != kThreads; };
  return std::tuple(c.variant, c.label, c.params, record::values_of(c, others));
}

}  // namespace

void add_thread_speedups(Analysis& analysis, const record::Run& run,
                         const std::function<std::vector<double>(int)>& draws_of) {
  std::map<decltype(work_of(run.cases.front().plan)), std::vector<int>> alike;
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c)
    if (analysis.cases[c].time_s) alike[work_of(run.cases[c].plan)].push_back(c);
  const auto threads = [&](int c) { return run.cases[c].plan.threads; };
  const auto draws = [&](int c) {
    return analysis.cases[c].time_s->interval ? draws_of(c) : std::vector<double>{};
  };
  for (auto& [work, cases] : alike) {
    std::ranges::stable_sort(cases, {}, threads);
    const int fewest = cases.front();
    if (threads(fewest) == threads(cases.back()) || threads(fewest) < 1) continue;
    const std::vector<double> base = draws(fewest);
    for (const int c : cases) {
      CaseStats& stats = analysis.cases[c];
      const std::vector<double> own = draws(c);
      stats.thread_speedup =
          c == fewest
              ? Ratio{1, {}}
              : ratio_of({run.cases[c].plan.seq_len(), analysis.cases[fewest].time_s->median,
                          stats.time_s->median, base, own});
      stats.percent_of_linear_speedup =
          100 * stats.thread_speedup->value * threads(fewest) / threads(c);
    }
  }
}

}  // namespace attnbench::analyze
