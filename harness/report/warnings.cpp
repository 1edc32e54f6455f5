// Puts noise, disturbances and setbacks into sentences.
#include "report/warnings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "record/format.h"
#include "report/above_limit.h"
#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

/// Nobody reads more sentences of one kind than this; the tables hold the rest.
constexpr size_t kMostWarnings = 24;
constexpr size_t kMostNoisyCases = 5;

Warning noise_warning(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<int> noisy = analysis.noisy_cases;
  const auto spread = [&](int c) { return analysis.cases[c].time_s->spread; };
  std::stable_sort(noisy.begin(), noisy.end(), [&](int a, int b) { return spread(a) > spread(b); });
  std::string words = std::to_string(noisy.size()) + " of " + cases_words(run.cases.size()) +
                      (noisy.size() == 1 ? " varies" : " vary") + " by more than " +
                      percent_words(100 * analyze::kNoisySpread) +
                      " (the middle half of their samples, over the median): ";
  for (size_t i = 0; i < std::min(noisy.size(), kMostNoisyCases); ++i)
    words += (i == 0 ? "" : "; ") + record::describe_case(run.cases[noisy[i]].plan) + " by " +
             percent_words(100 * spread(noisy[i]));
  return {words + (noisy.size() > kMostNoisyCases ? "; ..." : "") + ".", noisy};
}

/// "12 samples of 3 of 63 cases <words>: full, ...; ...".
void add_disturbance(std::vector<Warning>& warnings, const record::Run& run,
                     const analyze::Disturbance& d, const std::string& what) {
  if (d.samples == 0) return;
  std::string words = record::plural(d.samples, "sample") + " in " +
                      std::to_string(d.cases.size()) + " of " + cases_words(run.cases.size()) +
                      " " + what + ": ";
  for (size_t i = 0; i < std::min(d.cases.size(), kMostNoisyCases); ++i)
    words += (i == 0 ? "" : "; ") + record::describe_case(run.cases[d.cases[i]].plan);
  warnings.push_back({words + (d.cases.size() > kMostNoisyCases ? "; ..." : "") + ".", d.cases});
}

Warning setback_warning(const record::Run& run, const analyze::Analysis& analysis,
                        const analyze::Setback& setback) {
  std::vector<int64_t> seq_lens;
  for (const int c : setback.cases) seq_lens.push_back(run.cases[c].plan.seq_len());
  return {series_words(run, analysis, setback.series) + ": " +
              record::outcome_name(setback.outcome) + " at " + sizes_words(seq_lens) + ": " +
              setback.reason,
          setback.cases};
}

/// Warns of calls whose outputs differ, because the contract promises the same bits for the same
/// call.
void add_differing_outputs(std::vector<Warning>& warnings, const record::Run& run) {
  std::vector<int> differing;
  std::string words;
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c) {
    const record::CaseRecord& record = run.cases[c];
    // The reason of an invalid case says so already.
    const bool wrong = record.plan.outcome == record::Outcome::kInvalid;
    if (wrong || !record.check || record.check->differing_outputs == 0) continue;
    if (differing.size() < kMostNoisyCases)
      words += (differing.empty() ? "" : "; ") + record::describe_case(run.cases[c].plan);
    differing.push_back(c);
  }
  if (differing.empty()) return;
  warnings.push_back({std::to_string(differing.size()) + " of " + cases_words(run.cases.size()) +
                          " gave other bits in a later call with the same inputs, which the "
                          "contract forbids; those answers were judged, too: " +
                          words + (differing.size() > kMostNoisyCases ? "; ..." : "") + ".",
                      differing});
}

/// Warns if a case is above its peak, and by more than weights that the variant kept explain:
/// then the peak was measured while the machine was busier than for the case.
void add_broken_ceiling(std::vector<Warning>& warnings, const record::Run& run,
                        const analyze::Analysis& analysis) {
  std::vector<int> above;
  const auto percent = [&](int c) { return analysis.cases[c].percent_of_peak.value_or(0); };
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c)
    if (percent(c) > most_percent_of_peak(run.cases[c].plan)) above.push_back(c);
  if (above.empty()) return;
  const auto is_of = [&](analyze::Peak peak) {
    return std::ranges::any_of(above, [&](int c) { return analysis.cases[c].peak == peak; });
  };
  std::string peaks;
  for (const analyze::Peak peak : {analyze::Peak::kFma, analyze::Peak::kBf16})
    if (is_of(peak))
      peaks += (peaks.empty() ? "" : " or the ") + std::string(peak_name(peak)) + " peak";
  const int highest = *std::ranges::max_element(above, {}, percent);
  warnings.push_back(
      {std::to_string(above.size()) + " of " + cases_words(run.cases.size()) +
           (above.size() == 1 ? " is" : " are") + " above 100 % of the " + peaks +
           ", which was measured too low, on a busy machine; percents of the peak do not hold: " +
           record::describe_case(run.cases[highest].plan) + " is at " +
           percent_words(percent(highest)) + ".",
       above});
}

/// Warns of cases that asked for huge pages and got none, though their memory would fill many.
void add_refused_pages(std::vector<Warning>& warnings, const record::Run& run) {
  constexpr int64_t kMuch = int64_t{64} << 20;
  std::vector<int> refused;
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c) {
    const record::CaseRecord& record = run.cases[c];
    if (record.plan.pages == record::Pages::kHuge && record.memory.huge_page_bytes == 0 &&
        record.plan.memory_bytes().value() >= kMuch)
      refused.push_back(c);
  }
  if (refused.empty()) return;
  warnings.push_back({std::to_string(refused.size()) + " of " + cases_words(run.cases.size()) +
                          " asked for huge pages and got none (transparent huge pages: " +
                          run.conditions.transparent_huge_pages +
                          "); work that memory bounds is slower on small pages.",
                      refused});
}

/// The CPUs that the run's threads could take at once.
double cpus_of(const record::Run& run) {
  return std::min<double>(run.conditions.cgroup_cpus.value_or(run.machine.cores),
                          run.machine.cores);
}

/// CPU time of all threads over wall time, in all timed calls of a case; empty if those were too
/// short to tell: the CPU clock of some kernels ticks every 10 ms only.
std::optional<double> busy_threads(const record::CaseRecord& c) {
  constexpr double kLeast_s = 0.2;
  double cpu_s = 0, time_s = 0;
  for (const record::Sample& s : c.samples) {
    cpu_s += s.cpu_s * static_cast<double>(s.iterations);
    time_s += s.time_s * static_cast<double>(s.iterations);
  }
  return time_s < kLeast_s ? std::nullopt : std::optional(cpu_s / time_s);
}

/// "2 of 63 cases <words>: full, ...: 1 of 2; ..." of the cases whose busy threads are `off`.
template <class Off>
void add_busy_threads(std::vector<Warning>& warnings, const record::Run& run,
                      const std::string& words, const Off& off) {
  std::vector<int> cases;
  std::string listed;
  for (int c = 0; std::cmp_less(c, run.cases.size()); ++c) {
    const record::Case& plan = run.cases[c].plan;
    const std::optional<double> busy = busy_threads(run.cases[c]);
    if (!busy || !off(*busy, plan.threads)) continue;
    if (cases.size() < kMostNoisyCases)
      listed += (cases.empty() ? "" : "; ") + record::describe_case(plan) + ": " +
                record::format_number(*busy, 2) + " of " + std::to_string(plan.threads);
    cases.push_back(c);
  }
  if (cases.empty()) return;
  warnings.push_back({std::to_string(cases.size()) + " of " + cases_words(run.cases.size()) + " " +
                          words + ": " + listed + (cases.size() > kMostNoisyCases ? "; ..." : "") +
                          ".",
                      cases});
}

/// Warns of cases whose threads stood idle, and of those that took more threads than they were
/// given, as a framework may that was not told the number. A quarter is more than noise and a
/// coarse clock take or add in kLeast_s. What is sequential by nature is told of, too: its time is
/// not one of so many threads. With more threads than CPUs, threads have to wait.
void add_other_threads(std::vector<Warning>& warnings, const record::Run& run) {
  const double cpus = cpus_of(run);
  add_busy_threads(warnings, run,
                   "kept less than three quarters of their threads busy, by the CPU time of their "
                   "calls. Either the work was not shared by all threads, or others took the CPUs "
                   "(a thread that spins while it waits counts as busy)",
                   [&](double busy, int threads) {
                     return threads > 1 && threads <= cpus && busy < 0.75 * threads;
                   });
  add_busy_threads(
      warnings, run,
      "took more threads than they were given, by the CPU time of their calls, so that "
      "their times do not compare with others",
      [](double busy, int threads) { return busy > 1.25 * threads; });
}

}  // namespace

std::string crowding_words(const record::Run& run) {
  int threads = 0;
  for (const record::CaseRecord& c : run.cases)
    if (c.plan.outcome != record::Outcome::kSkipped) threads = std::max(threads, c.plan.threads);
  const double cpus = cpus_of(run);
  const bool by_quota = cpus < run.machine.cores;
  if (threads <= cpus) return {};
  return std::to_string(threads) + (threads == 1 ? " thread was" : " threads were") +
         " asked for, but there " + (cpus == 1 ? "was " : "were ") + record::shortest(cpus) +
         (cpus == 1 ? " CPU" : " CPUs") + " for this run (" +
         (by_quota ? "the CPU quota of its cgroup"
                   : "its affinity mask, " + run.conditions.affinity) +
         "): threads that take turns make times longer.";
}

std::vector<Warning> make_warnings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Warning> warnings;
  if (const std::string crowding = crowding_words(run); !crowding.empty())
    warnings.push_back({crowding, {}});
  if (!analysis.noisy_cases.empty()) warnings.push_back(noise_warning(run, analysis));
  const std::string part = percent_words(100 * analyze::kDisturbance) + " of their time";
  add_disturbance(
      warnings, run, analysis.steal,
      "lost CPU time to other guests of this virtual machine's host (steal above " + part + ")");
  add_disturbance(warnings, run, analysis.pressure,
                  "were measured while tasks waited for a CPU (pressure above " + part + ")");
  add_disturbance(warnings, run, analysis.switches,
                  "had threads put aside for others (involuntary context switches more often than "
                  "every " +
                      record::format_time(analyze::kSwitchEvery_s) + " of CPU time)");
  add_disturbance(warnings, run, analysis.shared,
                  "shared their cores: others, such as guests of the same host on the cores' other "
                  "hardware threads, took issue slots, which slows kernels but not pure FMA (the "
                  "share left was below " +
                      percent_words(100 * analyze::kSharedBelow) + ")");
  add_disturbance(warnings, run, analysis.slowed,
                  "were timed in moments that gave less than " +
                      percent_words(100 * analyze::kSlowedBelow) +
                      " of the FMA peak (a lower clock, or others on the same cores)");
  add_other_threads(warnings, run);
  add_broken_ceiling(warnings, run, analysis);
  add_differing_outputs(warnings, run);
  add_refused_pages(warnings, run);
  const size_t shown = std::min(analysis.setbacks.size(), kMostWarnings);
  for (size_t i = 0; i < shown; ++i)
    warnings.push_back(setback_warning(run, analysis, analysis.setbacks[i]));
  if (shown < analysis.setbacks.size())
    warnings.push_back({std::to_string(analysis.setbacks.size() - shown) +
                            " more series have cases that are not ok: see the table of report.md.",
                        {}});
  for (Warning& warning : warnings) warning.text = printable(warning.text);
  return warnings;
}

}  // namespace attnbench::report
