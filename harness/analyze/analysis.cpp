// Groups the cases of a run into series and comparable groups, and derives what each says.
#include "analyze/analysis.h"

#include <algorithm>
#include <map>

#include "analyze/axis_effects.h"
#include "analyze/case_stats.h"
#include "analyze/pairs.h"
#include "analyze/thread_speedups.h"
#include "analyze/time_draws.h"
#include "analyze/training.h"
#include "record/axes.h"

namespace attnbench::analyze {
namespace {

std::vector<Series> find_series(const record::Run& run) {
  std::vector<Series> all;
  std::map<std::string, std::vector<size_t>> by_label;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const record::Case& plan = run.cases[i].plan;
    std::vector<size_t>& known = by_label[plan.label];
    // The newest is tried first, because the cases of a series mostly follow one another.
    const auto it = std::find_if(known.rbegin(), known.rend(), [&](size_t s) {
      return same_series(run.cases[all[s].cases.front()].plan, plan);
    });
    const bool is_new = it == known.rend();
    const size_t s = is_new ? all.size() : *it;
    if (is_new) {
      known.push_back(s);
      all.emplace_back();
    }
    all[s].cases.push_back(static_cast<int>(i));
  }
  for (Series& series : all) {
    std::stable_sort(series.cases.begin(), series.cases.end(), [&](int a, int b) {
      return run.cases[a].plan.seq_len() < run.cases[b].plan.seq_len();
    });
    const auto first = std::find_if(series.cases.begin(), series.cases.end(),
                                    [&](int c) { return is_supported(run.cases[c].plan); });
    if (first != series.cases.end()) series.first_supported = *first;
  }
  return all;
}

const record::Case& first_plan(const record::Run& run, const Series& series) {
  return run.cases[series.cases.front()].plan;
}

std::vector<Group> find_groups(const record::Run& run, const std::vector<Series>& all) {
  std::vector<Group> groups;
  std::map<std::vector<record::AxisValue>, size_t> known;
  for (size_t s = 0; s < all.size(); ++s) {
    const record::Case& plan = first_plan(run, all[s]);
    const auto [it, is_new] =
        known.try_emplace(record::series_values_of(plan, record::any_axis), groups.size());
    if (is_new) groups.emplace_back();
    Group& group = groups[it->second];
    group.series.push_back(static_cast<int>(s));
  }
  for (Group& group : groups) {
    // A label names one series; a variant's name stands for the first series of that variant.
    for (const auto name : {&record::Case::label, &record::Case::variant}) {
      const auto it = std::find_if(group.series.begin(), group.series.end(), [&](int s) {
        return first_plan(run, all[s]).*name == run.baseline;
      });
      if (run.baseline.empty() || group.baseline || it == group.series.end()) continue;
      group.baseline = *it;
    }
  }
  return groups;
}

/// The timed cases of a series: one per size, ascending.
std::vector<TimedCase> timed_cases(const record::Run& run, const Analysis& analysis,
                                   const Series& series) {
  std::vector<TimedCase> timed;
  for (const int index : series.cases) {
    const std::optional<Summary>& time_s = analysis.cases[index].time_s;
    const int64_t seq_len = run.cases[index].plan.seq_len();
    if (!time_s || seq_len < 1 || (!timed.empty() && timed.back().seq_len == seq_len)) continue;
    timed.push_back({index, seq_len, time_s->median, resampled_times(run, index),
                     time_s->interval.has_value()});
  }
  return timed;
}

TimeGrowth time_growth(const record::Run& run, const Analysis& analysis, const Series& series,
                       const std::vector<TimedCase>& timed) {
  const record::Case& plan = run.cases[*series.first_supported].plan;
  TimeTheory theory{plan.theory.time, plan.q_len_follows, plan.threads, {}};
  if (const record::Ceiling* ceiling = find_ceiling(run, plan.threads, plan.pages);
      ceiling != nullptr && ceiling->parallel_region_s > 0)
    theory.parallel_region_s = ceiling->parallel_region_s;
  std::vector<TimePoint> points;
  for (const TimedCase& t : timed)
    points.push_back(
        {t.seq_len, *analysis.cases[t.index].time_s, t.draws, run.cases[t.index].plan.flops});
  return judge_time(points, theory, draws_seed(run, DrawnFor::kTimeFit, series.cases.front()));
}

MemoryGrowth memory_growth(const record::Run& run, const Series& series) {
  const record::Case& plan = run.cases[*series.first_supported].plan;
  std::vector<MemoryPoint> points;
  for (const int index : series.cases) {
    const record::CaseRecord& c = run.cases[index];
    if (!is_supported(c.plan)) continue;
    if (!points.empty() && c.plan.seq_len() == points.back().seq_len) continue;
    points.push_back({c.plan.seq_len(), c.plan.workspace_bytes, c.memory.heap_peak_bytes,
                      c.memory.resident_peak_bytes});
    if (record::trains(plan.pass)) points.back().saved_bytes = c.plan.saved_bytes;
  }
  return judge_memory(points, plan.theory.memory, plan.q_len_follows,
                      draws_seed(run, DrawnFor::kMemoryFit, series.cases.front()));
}

std::vector<Setback> find_setbacks(const record::Run& run, const std::vector<Series>& all) {
  std::vector<Setback> setbacks;
  for (size_t s = 0; s < all.size(); ++s) {
    std::map<record::Outcome, Setback> by_outcome;
    for (const int index : all[s].cases) {
      const record::Case& plan = run.cases[index].plan;
      if (plan.outcome == record::Outcome::kOk || plan.outcome == record::Outcome::kPending)
        continue;
      Setback& setback = by_outcome[plan.outcome];
      if (setback.cases.empty()) setback = {static_cast<int>(s), plan.outcome, plan.reason, {}};
      setback.cases.push_back(index);
    }
    for (auto& [outcome, setback] : by_outcome) setbacks.push_back(std::move(setback));
  }
  return setbacks;
}

/// Adds the sample to the disturbance if it was disturbed, and returns whether it was.
bool note(Disturbance& disturbance, bool disturbed, int index) {
  if (!disturbed) return false;
  ++disturbance.samples;
  if (disturbance.cases.empty() || disturbance.cases.back() != index)
    disturbance.cases.push_back(index);
  return true;
}

void find_disturbances(Analysis& analysis, const record::Run& run) {
  std::vector<double> overheads, empty_calls;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const int index = static_cast<int>(i);
    const record::Ceiling* ceiling =
        find_ceiling(run, run.cases[i].plan.threads, run.cases[i].plan.pages);
    const double slow_gflops = ceiling == nullptr ? 0 : kSlowedBelow * ceiling->fma_gflops;
    for (const record::Sample& s : run.cases[i].samples) {
      const double wall_s = s.time_s * static_cast<double>(s.iterations);
      const double cpu_s = s.cpu_s * static_cast<double>(s.iterations);
      const record::Noise& n = s.noise;
      const auto switches = static_cast<double>(n.involuntary_switches.value_or(0));
      const bool disturbances[] = {
          note(analysis.steal, n.steal_s && *n.steal_s > kDisturbance * wall_s, index),
          note(analysis.pressure, n.cpu_pressure_s && *n.cpu_pressure_s > kDisturbance * wall_s,
               index),
          note(analysis.shared, n.issue_share && *n.issue_share < kSharedBelow, index),
          note(analysis.slowed, n.fma_gflops && *n.fma_gflops < slow_gflops, index),
          note(analysis.switches, switches > 1 + cpu_s / kSwitchEvery_s, index)};
      ++analysis.samples;
      analysis.disturbed_samples += std::ranges::find(disturbances, true) != std::end(disturbances);
      if (s.worker_s)
        overheads.push_back(*s.worker_s - s.setup_s.value_or(0) - s.first_call_s - wall_s);
      if (s.empty_call_s) empty_calls.push_back(*s.empty_call_s);
    }
  }
  if (!overheads.empty()) analysis.overhead_median_s = quantile(sorted_copy(overheads), 0.5);
  if (!empty_calls.empty()) analysis.empty_call_median_s = quantile(sorted_copy(empty_calls), 0.5);
}

}  // namespace

Analysis analyze(const record::Run& run) {
  Analysis analysis;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    analysis.cases.push_back(case_stats(run, run.cases[i]));
    const CaseStats& stats = analysis.cases.back();
    if (stats.time_s && stats.time_s->spread > kNoisySpread)
      analysis.noisy_cases.push_back(static_cast<int>(i));
    analysis.finished_cases += run.cases[i].plan.outcome != record::Outcome::kPending;
  }
  analysis.series = find_series(run);
  analysis.groups = find_groups(run, analysis.series);
  for (Group& group : analysis.groups) {
    std::vector<std::vector<TimedCase>> timed;
    for (const int s : group.series) {
      Series& series = analysis.series[s];
      timed.push_back(timed_cases(run, analysis, series));
      if (!series.first_supported) continue;
      series.time = time_growth(run, analysis, series, timed.back());
      series.memory = memory_growth(run, series);
    }
    compare_series(run, analysis, group, timed);
  }
  const auto draws_of = [&](int c) { return resampled_times(run, c); };
  add_thread_speedups(analysis, run, draws_of);
  analysis.axis_effects = find_axis_effects(run, analysis, draws_of);
  analysis.training = find_training(run, analysis, draws_of);
  for (const record::LargestFit& fit : run.largest_fits)
    for (Series& series : analysis.series)
      if (series.cases.front() == fit.series) {
        series.largest_fit = fit.seq_len;
        series.largest_batch = fit.batch;
      }
  analysis.setbacks = find_setbacks(run, analysis.series);
  find_disturbances(analysis, run);
  return analysis;
}

}  // namespace attnbench::analyze
