// Puts an analysis into sentences.
#include "report/answer.h"

#include <algorithm>
#include <optional>

#include "analyze/case_stats.h"
#include "record/format.h"
#include "report/above_limit.h"
#include "report/escape.h"
#include "report/glance_words.h"
#include "report/loss_words.h"
#include "report/nothing_timed.h"
#include "report/order.h"
#include "report/probe_words.h"
#include "report/series_names.h"
#include "report/training_words.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

/// Nobody reads more sentences of one kind than this; the tables hold the rest.
constexpr size_t kMostSeries = 24;
constexpr size_t kMostCrossovers = 40;

std::string left_out_words(const analyze::Measured& measured) {
  std::string words;
  for (const analyze::LeftOut& l : measured.left_out)
    words +=
        (words.empty() ? " Left out: " : "; ") + sizes_words(l.seq_lens) + " (" + l.reason + ")";
  return words.empty() ? words : words + ".";
}

std::string law_words(const analyze::Fit& fit) {
  if (fit.laws.empty()) return {};
  std::string words = " Best law: " + record::growth_name(fit.laws.front().law);
  for (size_t i = 1; i < fit.indistinguishable; ++i)
    words +=
        (i == 1 ? ", indistinguishable from " : " and ") + record::growth_name(fit.laws[i].law);
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

/// ", resident peak as n^2.00 [1.99, 2.01]"; empty if no peak was measured.
std::string peak_words(const analyze::Measured& peak, const std::string& name) {
  if (peak.fit) return ", " + name + " as " + slope_words(*peak.fit);
  if (peak.seq_lens.empty() && peak.left_out.empty()) return {};
  const std::string noise = record::format_bytes(static_cast<double>(analyze::kMemoryNoiseBytes));
  return ", " + name +
         (peak.seq_lens.empty() ? " stays below " + noise
                                : " exceeds " + noise + " at too few sizes for a fit");
}

/// "workspace grows as n^2.00 (exact)"; `bytes` are those of the first supported size.
std::string exact_words(const std::string& name, const analyze::Measured& measured, int64_t bytes,
                        const std::string& none) {
  if (!measured.fit) return name + " has no fit";
  if (measured.fit->slope != 0)
    return name + " grows as " + exact_slope_words(*measured.fit) + " (exact)";
  if (bytes <= 0) return name + " " + none + " at any size (exact)";
  return name + " stays at " + record::format_bytes(static_cast<double>(bytes)) + " (exact)";
}

std::string memory_sentence(const record::Case& plan, const analyze::MemoryGrowth& growth) {
  const bool trains = record::trains(plan.pass);
  const std::string workspace =
      exact_words("workspace", growth.workspace, plan.workspace_bytes, "is not used");
  std::string words = workspace;
  if (trains)
    words =
        exact_words("what is saved for backward", growth.saved, plan.saved_bytes, "is nothing") +
        ", " + workspace;
  words += peak_words(growth.heap_peak, "heap peak");
  words += peak_words(growth.resident_peak, "resident peak");
  words += "; " + verdict_words(growth.judgement);
  if (growth.judgement.verdict != analyze::Verdict::kNone)
    words += trains ? ", judged on what is saved" : ", judged on the workspace";
  return words + "." + left_out_words(trains ? growth.saved : growth.workspace);
}

/// The series' largest timed case; null if no case was timed.
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
  const std::string threads =
      std::to_string(plan.threads) + (plan.threads == 1 ? " thread" : " threads");
  const bool memory = analyze::memory_sets_the_roof(stats);
  const auto limit = memory ? stats.percent_of_roofline : stats.percent_of_peak;
  const auto adjacent =
      memory ? stats.percent_of_adjacent_roofline : stats.percent_of_adjacent_peak;
  if (!limit) return words + ".";
  const std::string name =
      memory ? "of the roofline that the memory bandwidth of " + threads + " sets"
             : std::string("of the ") + peak_name(stats.peak) + " peak of " + threads;
  words +=
      *limit > 100 ? ", percent " + name + " not shown" : ", " + percent_words(*limit) + " " + name;
  if (adjacent && *adjacent <= 100)
    words += " (" + percent_words(*adjacent) +
             (memory ? " of that of the samples' own moments)"
                     : " of what it gave in the samples' own moments)");
  words += ".";
  if (*limit > 100) return words + " " + above_limit_words(plan, memory);
  if (adjacent && *adjacent > 100)
    words +=
        " The percentage of the samples' own moments is not shown, because it is above 100 %: what "
        "was measured beside the samples was less than what they had." +
        (memory ? "" : fewer_operations_words(plan));
  return words;
}

/// The worst of the checks of a series, and how small an error all of them would have seen.
std::string check_words(const record::Run& run, const analyze::Series& series) {
  std::optional<record::Check> worst;
  int64_t rows = 0, counted = 0, sharp = 0, checked = 0;
  double visible = 0;
  bool says_visible = true;
  for (const int c : series.cases) {
    const auto& check = run.cases[c].check;
    if (!check || std::isnan(check->worst_error)) continue;  // No error made that case invalid.
    if (!worst || check->worst_error_over_bound > worst->worst_error_over_bound) worst = check;
    rows += record::output_rows(run.cases[c].plan.problem);
    sharp += check->rows_sharp.value_or(check->rows_checked);
    checked += check->rows_checked;
    counted += check->rows_counted;
    says_visible = says_visible && check->visible_error.has_value();
    visible = std::max(visible, check->visible_error.value_or(0));
  }
  if (!worst) return "nothing was checked";
  const std::string words = "worst error of the check " + error_words(*worst);
  if (!says_visible) return words;
  worst->visible_error = visible;
  worst->rows_counted = counted;
  worst->rows_sharp = sharp;
  worst->rows_checked = checked;
  return words + "; " + visible_words(*worst, rows, run.cases[series.cases.front()].plan.kind);
}

std::string limits_sentence(const record::Run& run, const analyze::Series& series) {
  std::string words;
  const bool trains = record::trains(run.cases[series.cases.front()].plan.pass);
  if (series.largest_fit)
    words = std::string("the largest n") + (trains ? " for training" : "") +
            " within the memory limit of " +
            record::format_bytes(static_cast<double>(run.memory_limit_bytes)) + " is " +
            seq_len_limit_words(*series.largest_fit) + "; ";
  if (series.largest_batch) {
    const std::string at = " at n = " + std::to_string(largest_swept(run, series));
    words += *series.largest_batch == 0 ? "no batch fits" + at + "; "
                                        : "the largest batch" + at + " is " +
                                              batch_limit_words(*series.largest_batch) + "; ";
  }
  return words + check_words(run, series) + ".";
}

std::vector<Finding> series_findings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Finding> findings;
  const size_t shown = std::min(analysis.series.size(), kMostSeries);
  const bool loses = loses_something(run);
  for (size_t s = 0; s < shown; ++s) {
    const analyze::Series& series = analysis.series[s];
    const std::string name = series_words(run, analysis, static_cast<int>(s));
    const int index = static_cast<int>(s);
    if (!series.first_supported) {
      const std::string& reason = run.cases[series.cases.front()].plan.reason;
      findings.push_back({name, "not measured at any size: " + reason + ".", index});
      continue;
    }
    const record::Case& plan = run.cases[*series.first_supported].plan;
    findings.push_back({name, time_sentence(series.time), index});
    findings.push_back({name, memory_sentence(plan, series.memory), index});
    findings.push_back({name, rate_sentence(run, analysis, series), index});
    if (const std::string words = backward_words(run, analysis, index); !words.empty())
      findings.push_back({name, words, index});
    findings.push_back({name, limits_sentence(run, series), index});
    if (loses) findings.push_back({name, distance_sentence(run, series), index});
  }
  if (shown < analysis.series.size())
    findings.push_back({"", "The growth table of report.md holds " +
                                std::to_string(analysis.series.size() - shown) + " more series."});
  return findings;
}

std::vector<Finding> lead_findings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Finding> findings;
  for (const analyze::Group& group : analysis.groups)
    if (group.lead && findings.size() < kMostSeries)
      findings.push_back({"", lead_sentence(run, analysis, *group.lead)});
  return findings;
}

/// What is lost, beside who is fastest.
std::vector<Finding> loss_findings(const record::Run& run, const analyze::Analysis& analysis) {
  const std::string words = loss_sentence(run, analysis, name_series(run, analysis));
  return words.empty() ? std::vector<Finding>{} : std::vector<Finding>{{"", words}};
}

/// Of each series, but for the inputs: they are there for what is lost, and rarely change a time,
/// so one sentence tells of all series.
std::vector<Finding> effect_findings(const record::Run& run, const analyze::Analysis& analysis) {
  constexpr char kInputs[] = "inputs";
  std::vector<Finding> findings;
  if (const std::string words = effect_sentence(run, analysis, kInputs); !words.empty())
    findings.push_back({"", words});
  for (const analyze::AxisEffect& effect : analysis.axis_effects) {
    if (findings.size() == kMostSeries) break;
    if (effect.axis == kInputs) continue;
    const auto of = std::find_if(
        analysis.series.begin(), analysis.series.end(), [&](const analyze::Series& series) {
          return std::ranges::find(series.cases, effect.other) != series.cases.end();
        });
    const int series = static_cast<int>(of - analysis.series.begin());
    findings.push_back({series_words(run, analysis, series), effect_words(run, effect), series});
  }
  return findings;
}

std::vector<Finding> crossover_findings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Finding> findings;
  size_t more = 0;
  for (const analyze::Group& group : analysis.groups) {
    for (const analyze::Crossover& c : group.crossovers) {
      if (findings.size() == kMostCrossovers)
        ++more;
      else
        findings.push_back({"", crossover_sentence(run, analysis, c), c.faster});
    }
  }
  if (more > 0)
    findings.push_back({"", std::to_string(more) + " more pairs of series are not told here."});
  return findings;
}

}  // namespace

std::string finding_line(const Finding& finding) {
  return finding.subject.empty() ? finding.text : finding.subject + ": " + finding.text;
}

Answer make_answer(const record::Run& run, const analyze::Analysis& analysis) {
  Answer answer;
  answer.partial = printable(partial_words(run, analysis));
  if (const std::string nothing = nothing_timed_words(run); !nothing.empty())
    answer.findings.push_back({"", nothing});
  if (analysis.groups.size() == 1)
    answer.findings.push_back(
        {"", "Measured on " + record::describe_problem(run.cases.front().plan) + "."});
  for (const std::string& words : probe_sentences(run, analysis, name_series(run, analysis)))
    answer.findings.push_back({"", words});
  for (const auto& findings : {lead_findings(run, analysis), loss_findings(run, analysis),
                               effect_findings(run, analysis), series_findings(run, analysis),
                               crossover_findings(run, analysis), probe_findings(run, analysis)})
    for (const Finding& f : findings)
      answer.findings.push_back({printable(f.subject), printable(f.text), f.series});
  answer.warnings = make_warnings(run, analysis);
  return answer;
}

std::vector<std::string> answer_lines(const record::Run& run, const analyze::Analysis& analysis) {
  const Answer answer = make_answer(run, analysis);
  std::vector<std::string> lines;
  if (!answer.partial.empty()) lines.push_back(answer.partial);
  for (const Finding& finding : answer.findings) lines.push_back(finding_line(finding));
  for (const Warning& warning : answer.warnings) lines.push_back("Warning: " + warning.text);
  return lines;
}

}  // namespace attnbench::report
