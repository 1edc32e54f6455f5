// Puts an analysis into sentences.
#include "report/answer.h"

#include <algorithm>
#include <cmath>

#include "record/format.h"
#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

/// Nobody reads more sentences of a kind; the tables hold the rest.
constexpr size_t kMostSeries = 24;
constexpr size_t kMostCrossovers = 40;
constexpr size_t kMostWarnings = 24;
constexpr size_t kMostNoisyCases = 5;

std::string partial_words(const record::Run& run, const analyze::Analysis& analysis) {
  const bool whole = run.interrupted.empty() && !run.finished_utc.empty() &&
                     analysis.finished_cases == static_cast<int>(run.cases.size());
  if (whole) return {};
  return "PARTIAL: " +
         (run.interrupted.empty() ? "not finished" : "interrupted by " + run.interrupted) + ": " +
         std::to_string(analysis.finished_cases) + " of " + std::to_string(run.cases.size()) +
         " cases finished";
}

std::string left_out_words(const analyze::Measured& measured) {
  std::string words;
  for (const analyze::LeftOut& l : measured.left_out)
    words +=
        (words.empty() ? " Left out: " : "; ") + sizes_words(l.seq_lens) + " (" + l.reason + ")";
  return words.empty() ? words : words + ".";
}

std::string law_words(const analyze::Fit& fit) {
  if (fit.laws.empty()) return {};
  std::string words = " Best law: " + analyze::growth_name(fit.laws.front().law);
  for (size_t i = 1; i < fit.indistinguishable; ++i)
    words +=
        (i == 1 ? ", indistinguishable from " : " and ") + analyze::growth_name(fit.laws[i].law);
  return words + ".";
}

std::string time_sentence(const analyze::TimeGrowth& growth) {
  const analyze::Measured& time = growth.time;
  std::string words = "time ";
  if (time.fit)
    words += "grows as " + slope_words(*time.fit) + " over " + sizes_words(time.seq_lens) + "; ";
  else
    words += "has no fit; ";
  words += verdict_words(growth.judgement) + ".";
  if (time.fit) words += law_words(*time.fit);
  return words + left_out_words(time);
}

/// ", resident peak as n^2.00 [1.99, 2.01]"; empty where nothing was measured.
std::string peak_words(const analyze::Measured& peak, const std::string& name) {
  if (peak.fit) return ", " + name + " as " + slope_words(*peak.fit);
  if (peak.seq_lens.empty() && peak.left_out.empty()) return {};
  const std::string noise = record::format_bytes(static_cast<double>(analyze::kMemoryNoiseBytes));
  return ", " + name +
         (peak.seq_lens.empty() ? " stays below " + noise
                                : " exceeds " + noise + " at too few sizes for a fit");
}

std::string memory_sentence(const record::Case& plan, const analyze::MemoryGrowth& growth) {
  std::string words = "workspace ";
  if (!growth.workspace.fit)
    words += "has no fit";
  else if (growth.workspace.fit->slope != 0)
    words += "grows as " + exact_slope_words(*growth.workspace.fit) + " (exact)";
  else if (plan.workspace_bytes <= 0)
    words += "is not used at any size (exact)";
  else
    words +=
        "stays at " + record::format_bytes(static_cast<double>(plan.workspace_bytes)) + " (exact)";
  words += peak_words(growth.heap_peak, "heap peak");
  words += peak_words(growth.resident_peak, "resident peak");
  return words + "; " + verdict_words(growth.judgement) +
         (growth.judgement.verdict == analyze::Verdict::kNone ? "."
                                                              : ", judged on the workspace.") +
         left_out_words(growth.workspace);
}

/// The series' largest timed case; null where it has none.
const int* largest_timed(const analyze::Analysis& analysis, const analyze::Series& series) {
  const auto it = std::find_if(series.cases.rbegin(), series.cases.rend(),
                               [&](int c) { return analysis.cases[c].time_s.has_value(); });
  return it == series.cases.rend() ? nullptr : &*it;
}

std::string rate_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const analyze::Series& series) {
  const int* largest = largest_timed(analysis, series);
  if (largest == nullptr) return "no valid time.";
  const record::Case& plan = run.cases[*largest].plan;
  const analyze::CaseStats& stats = analysis.cases[*largest];
  std::string words =
      "takes " + time_words(*stats.time_s) + " at n = " + std::to_string(plan.seq_len());
  if (stats.gflops) words += ", " + record::format_number(*stats.gflops, 3) + " GFLOP/s";
  if (stats.percent_of_fma_peak)
    words += ", " + percent_words(*stats.percent_of_fma_peak) + " of the FMA peak of " +
             std::to_string(plan.threads) + (plan.threads == 1 ? " thread" : " threads");
  return words + ".";
}

std::string limits_sentence(const record::Run& run, const analyze::Series& series) {
  std::string words;
  if (series.largest_fit)
    words = "the largest n within the memory limit of " +
            record::format_bytes(static_cast<double>(run.memory_limit_bytes)) + " is " +
            seq_len_limit_words(*series.largest_fit) + "; ";
  const record::Check* worst = nullptr;
  for (const int c : series.cases) {
    const auto& check = run.cases[c].check;
    if (check &&
        (worst == nullptr || check->worst_error_over_bound > worst->worst_error_over_bound))
      worst = &*check;
  }
  return words + (worst == nullptr ? "nothing was checked."
                                   : "worst error of the check " + error_words(*worst) + ".");
}

std::string seq_len_words(double seq_len, const analyze::Crossover& c) {
  if (seq_len == 0) return "below " + std::to_string(c.smallest);
  return std::isinf(seq_len) ? "above " + std::to_string(c.largest)
                             : record::format_number(seq_len, 3);
}

std::string crossover_sentence(const std::string& faster, const std::string& slower,
                               const analyze::Crossover& c) {
  const std::string at_largest = " at n = " + std::to_string(c.largest);
  const std::string ratio = record::format_number(c.ratio_at_largest, 3) + "x";
  std::string words;
  if (analyze::too_close_to_call(c)) {
    words = faster + " and " + slower + " cannot be told apart" + at_largest + " (" + ratio + ")";
  } else {
    words = faster + " is faster than " + slower;
    if (c.seq_len == 0 && c.smallest == c.largest)
      words += " at the only size that both have";
    else if (c.seq_len == 0)
      words += " at every size from n = " + std::to_string(c.smallest);
    else
      words += " from n = " + seq_len_words(c.seq_len, c);
    if (c.interval && c.interval->high > 0)
      words += " [" + seq_len_words(c.interval->low, c) + ", " +
               seq_len_words(c.interval->high, c) + "]";
    words += ", " + ratio + at_largest;
  }
  if (c.sign_changes > 1)
    words += "; they trade places " + std::to_string(c.sign_changes) + " times";
  return words + ".";
}

std::vector<std::string> series_findings(const record::Run& run,
                                         const analyze::Analysis& analysis) {
  std::vector<std::string> lines;
  const size_t shown = std::min(analysis.series.size(), kMostSeries);
  for (size_t s = 0; s < shown; ++s) {
    const analyze::Series& series = analysis.series[s];
    const std::string name = series_words(run, analysis, static_cast<int>(s)) + ": ";
    const record::Case& plan = run.cases[series.cases.front()].plan;
    lines.push_back(name + time_sentence(series.time));
    lines.push_back(name + memory_sentence(plan, series.memory));
    lines.push_back(name + rate_sentence(run, analysis, series));
    lines.push_back(name + limits_sentence(run, series));
  }
  if (shown < analysis.series.size())
    lines.push_back("The growth table of report.md holds " +
                    std::to_string(analysis.series.size() - shown) + " more series.");
  return lines;
}

std::vector<std::string> crossover_findings(const record::Run& run,
                                            const analyze::Analysis& analysis) {
  std::vector<std::string> lines;
  size_t more = 0;
  for (const analyze::Group& group : analysis.groups) {
    for (const analyze::Crossover& c : group.crossovers) {
      if (lines.size() == kMostCrossovers)
        ++more;
      else
        lines.push_back(crossover_sentence(series_words(run, analysis, c.faster),
                                           series_words(run, analysis, c.slower), c));
    }
  }
  if (more > 0) lines.push_back(std::to_string(more) + " more pairs of series are not told here.");
  return lines;
}

std::string noise_warning(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<int> noisy = analysis.noisy_cases;
  const auto spread = [&](int c) { return analysis.cases[c].time_s->spread; };
  std::stable_sort(noisy.begin(), noisy.end(), [&](int a, int b) { return spread(a) > spread(b); });
  std::string words = std::to_string(noisy.size()) + " of " + std::to_string(run.cases.size()) +
                      " cases vary by more than " + percent_words(100 * analyze::kNoisySpread) +
                      " (the middle half of their samples, over the median): ";
  for (size_t i = 0; i < std::min(noisy.size(), kMostNoisyCases); ++i)
    words += (i == 0 ? "" : "; ") + record::describe_case(run.cases[noisy[i]].plan) + " by " +
             percent_words(100 * spread(noisy[i]));
  return words + (noisy.size() > kMostNoisyCases ? "; ..." : "") + ".";
}

/// "12 samples of 3 of 63 cases <words>: full, ...; ...".
void add_disturbance(std::vector<std::string>& lines, const record::Run& run,
                     const analyze::Disturbance& d, const std::string& what) {
  if (d.samples == 0) return;
  std::string words = std::to_string(d.samples) + (d.samples == 1 ? " sample" : " samples") +
                      " in " + std::to_string(d.cases.size()) + " of " +
                      std::to_string(run.cases.size()) + " cases " + what + ": ";
  for (size_t i = 0; i < std::min(d.cases.size(), kMostNoisyCases); ++i)
    words += (i == 0 ? "" : "; ") + record::describe_case(run.cases[d.cases[i]].plan);
  lines.push_back(words + (d.cases.size() > kMostNoisyCases ? "; ..." : "") + ".");
}

std::string setback_warning(const record::Run& run, const analyze::Analysis& analysis,
                            const analyze::Setback& setback) {
  std::vector<int64_t> seq_lens;
  for (const int c : setback.cases) seq_lens.push_back(run.cases[c].plan.seq_len());
  return series_words(run, analysis, setback.series) + ": " +
         record::outcome_name(setback.outcome) + " at " + sizes_words(seq_lens) + ": " +
         setback.reason;
}

/// A ceiling that a case went above was measured on a busier machine than the case.
void add_broken_ceiling(std::vector<std::string>& lines, const record::Run& run,
                        const analyze::Analysis& analysis) {
  size_t above = 0, highest = 0;
  const auto percent = [&](size_t c) { return analysis.cases[c].percent_of_fma_peak.value_or(0); };
  for (size_t c = 0; c < run.cases.size(); ++c) {
    above += percent(c) > 100;
    if (percent(c) > percent(highest)) highest = c;
  }
  if (above == 0) return;
  lines.push_back(std::to_string(above) + " of " + std::to_string(run.cases.size()) +
                  " cases are above 100 % of the FMA peak, which was measured too low, on a busy "
                  "machine; percents of the peak do not hold: " +
                  record::describe_case(run.cases[highest].plan) + " is at " +
                  percent_words(percent(highest)) + ".");
}

std::vector<std::string> make_warnings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<std::string> lines;
  if (!analysis.noisy_cases.empty()) lines.push_back(noise_warning(run, analysis));
  const std::string part = percent_words(100 * analyze::kDisturbance) + " of their time";
  add_disturbance(
      lines, run, analysis.steal,
      "lost CPU time to other guests of this virtual machine's host (steal above " + part + ")");
  add_disturbance(lines, run, analysis.pressure,
                  "were measured while tasks waited for a CPU (pressure above " + part + ")");
  add_disturbance(lines, run, analysis.switches,
                  "had threads put aside for others (involuntary context switches more often than "
                  "every " +
                      record::format_time(analyze::kSwitchEvery_s) + " of CPU time)");
  add_broken_ceiling(lines, run, analysis);
  const size_t shown = std::min(analysis.setbacks.size(), kMostWarnings);
  for (size_t i = 0; i < shown; ++i)
    lines.push_back(setback_warning(run, analysis, analysis.setbacks[i]));
  if (shown < analysis.setbacks.size())
    lines.push_back(std::to_string(analysis.setbacks.size() - shown) +
                    " more series have cases that are not ok: see the table of report.md.");
  return lines;
}

}  // namespace

Answer make_answer(const record::Run& run, const analyze::Analysis& analysis) {
  Answer answer;
  answer.partial = printable(partial_words(run, analysis));
  if (analysis.groups.size() == 1)
    answer.findings.push_back("Measured on " + record::describe_problem(run.cases.front().plan) +
                              ".");
  for (const auto& lines : {series_findings(run, analysis), crossover_findings(run, analysis)})
    for (const std::string& line : lines) answer.findings.push_back(printable(line));
  for (const std::string& line : make_warnings(run, analysis))
    answer.warnings.push_back(printable(line));
  return answer;
}

std::vector<std::string> answer_lines(const record::Run& run, const analyze::Analysis& analysis) {
  Answer answer = make_answer(run, analysis);
  std::vector<std::string> lines = std::move(answer.findings);
  if (!answer.partial.empty()) lines.insert(lines.begin(), answer.partial);
  for (const std::string& warning : answer.warnings) lines.push_back("Warning: " + warning);
  return lines;
}

}  // namespace attnbench::report
