// Writes report.md.
#include "report/markdown.h"

#include <algorithm>

#include "record/format.h"
#include "report/answer.h"
#include "report/escape.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append("- ").append(markdown_text(line)).append("\n");
  return text;
}

std::string bytes_cell(const std::optional<int64_t>& bytes) {
  return bytes ? record::format_bytes(static_cast<double>(*bytes)) : "–";
}

std::string number_cell(const std::optional<double>& value, int digits) {
  return value ? record::format_number(*value, digits) : "–";
}

std::string slope_cell(const analyze::Measured& measured) {
  return measured.fit ? slope_words(*measured.fit) : "–";
}

const char* verdict_cell(analyze::Verdict verdict) {
  switch (verdict) {
    case analyze::Verdict::kHolds:
      return "holds";
    case analyze::Verdict::kDoesNotHold:
      return "does not hold";
    case analyze::Verdict::kNone:
      break;
  }
  return "no verdict";
}

std::string local_slopes_cell(const analyze::Measured& measured) {
  if (!measured.fit) return "–";
  std::string cell;
  for (const analyze::LocalSlope& local : measured.fit->local_slopes)
    cell += (cell.empty() ? "" : ", ") + record::format_number(local.slope, 2);
  return cell;
}

std::string growth_table(const record::Run& run, const analyze::Analysis& analysis) {
  std::string text =
      markdown_header({"series", "time", "between neighbours", "declared", "verdict", "workspace",
                       "heap peak", "resident peak", "declared", "verdict", "largest n"},
                      1);
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    const analyze::Series& series = analysis.series[s];
    const auto& [time, time_judgement] = series.time;
    const analyze::MemoryGrowth& memory = series.memory;
    text += markdown_row({series_words(run, analysis, static_cast<int>(s)), slope_cell(time),
                          local_slopes_cell(time), analyze::growth_name(time_judgement.declared),
                          verdict_cell(time_judgement.verdict),
                          memory.workspace.fit ? exact_slope_words(*memory.workspace.fit) : "–",
                          slope_cell(memory.heap_peak), slope_cell(memory.resident_peak),
                          analyze::growth_name(memory.judgement.declared),
                          verdict_cell(memory.judgement.verdict),
                          series.largest_fit ? seq_len_limit_words(*series.largest_fit) : "–"});
  }
  return text;
}

std::string case_row(const record::CaseRecord& c, const analyze::CaseStats& stats) {
  return markdown_row(
      {c.plan.label, std::to_string(c.plan.seq_len()), time_words(*stats.time_s),
       stats.speedup ? ratio_words(*stats.speedup) : "–", number_cell(stats.gflops, 3),
       number_cell(stats.percent_of_fma_peak, 2), number_cell(stats.percent_of_roofline, 2),
       bytes_cell(c.plan.workspace_bytes), bytes_cell(c.memory.heap_peak_bytes),
       bytes_cell(c.memory.resident_peak_bytes), c.check ? error_words(*c.check) : "–"});
}

/// The timed cases of one group, by length and then by series; empty where it has none.
std::string group_table(const record::Run& run, const analyze::Analysis& analysis,
                        const analyze::Group& group) {
  std::vector<int> cases;
  for (const int s : group.series)
    for (const int c : analysis.series[s].cases)
      if (analysis.cases[c].time_s) cases.push_back(c);
  if (cases.empty()) return {};
  std::stable_sort(cases.begin(), cases.end(), [&](int a, int b) {
    return run.cases[a].plan.seq_len() < run.cases[b].plan.seq_len();
  });
  const std::string over =
      group.baseline
          ? "speed-up over " + run.cases[analysis.series[*group.baseline].cases.front()].plan.label
          : "speed-up";
  std::string text =
      "\n### " + markdown_text(record::describe_problem(run.cases[cases.front()].plan)) + "\n\n" +
      markdown_header({"series", "n", "median [95 %]", over, "GFLOP/s", "% of FMA peak",
                       "% of roofline", "workspace", "heap peak", "resident peak", "worst error"},
                      1);
  for (const int c : cases) text += case_row(run.cases[c], analysis.cases[c]);
  return text;
}

std::string not_ok_table(const record::Run& run) {
  std::string rows;
  for (const record::CaseRecord& c : run.cases)
    if (c.plan.outcome != record::Outcome::kOk)
      rows += markdown_row(
          {record::describe_case(c.plan), record::outcome_name(c.plan.outcome), c.plan.reason});
  if (rows.empty()) return {};
  return "\n## Cases that are not ok\n\n" + markdown_header({"case", "outcome", "reason"}, 3) +
         rows;
}

std::string ceiling_words(const record::Ceiling& c) {
  return record::format_number(c.fma_gflops, 3) + " GFLOP/s of FMA, " +
         record::format_number(c.stream_gbs, 3) + " GB/s of streaming, " +
         record::format_time(c.parallel_region_s) + " to start " + std::to_string(c.threads) +
         (c.threads == 1 ? " thread" : " threads");
}

std::string machine_words(const record::Machine& m) {
  const auto bytes = [](int64_t b) { return record::format_bytes(static_cast<double>(b)); };
  return m.cpu + ", " + std::to_string(m.cores) + " cores, " + bytes(m.memory_bytes) +
         " of memory, L1d " + bytes(m.l1d_bytes) + ", L2 " + bytes(m.l2_bytes) + ", L3 " +
         bytes(m.l3_bytes);
}

/// A fence that the text cannot close.
std::string fenced(const std::string& text, const std::string& language) {
  size_t longest = 0, current = 0;
  for (const char c : text) {
    current = c == '`' ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  const std::string fence(std::max<size_t>(3, longest + 1), '`');
  std::string lines;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines += printable(std::string_view(text).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return fence + language + "\n" + lines + fence + "\n";
}

std::string conditions_words(const record::Conditions& c) {
  return "Conditions: frequency governor " + c.governor + ", turbo " + c.turbo + ", CPUs " +
         c.affinity + ", transparent huge pages " + c.transparent_huge_pages +
         ", cgroup limits: CPUs " +
         (c.cgroup_cpus ? record::format_number(*c.cgroup_cpus, 3) : "none") + ", memory " +
         (c.cgroup_memory_bytes ? bytes_cell(c.cgroup_memory_bytes) : "none");
}

/// What the samples met; empty where nothing is known.
std::vector<std::string> noise_lines(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<double> loads, clocks;
  for (const record::CaseRecord& c : run.cases)
    for (const record::Sample& s : c.samples) {
      if (s.noise.load_1min) loads.push_back(*s.noise.load_1min);
      if (s.noise.cpu_mhz) clocks.push_back(*s.noise.cpu_mhz);
    }
  std::vector<std::string> lines;
  const auto range = [](const std::vector<double>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return record::format_number(*low, 3) + " to " + record::format_number(*high, 3);
  };
  if (!loads.empty()) lines.push_back("Load average during the samples: " + range(loads));
  if (!clocks.empty()) lines.push_back("CPU clock during the samples: " + range(clocks) + " MHz");
  if (analysis.overhead_median_s)
    lines.push_back("Overhead of a worker process beyond its calls, in the median: " +
                    record::format_time(*analysis.overhead_median_s));
  return lines;
}

std::string how_measured(const record::Run& run, const analyze::Analysis& analysis) {
  const record::Build& b = run.build;
  std::vector<std::string> lines{"Machine: " + machine_words(run.machine),
                                 "System: " + run.machine.os + ", kernel " + run.machine.kernel +
                                     ", host " + run.machine.hostname,
                                 "Build: " + b.compiler + ", " + b.build_type + ", variants with " +
                                     b.flags + " (march " + b.march + ": " + b.isa + "), commit " +
                                     b.git_commit,
                                 "OpenMP: " + b.openmp};
  for (const auto& [name, value] : run.openmp_settings) lines.push_back(name + "=" + value);
  lines.push_back(conditions_words(run.conditions));
  lines.push_back("Hardware counters: " + run.conditions.counters);
  for (const std::string& line : noise_lines(run, analysis)) lines.push_back(line);
  for (const record::Ceiling& c : run.ceilings)
    lines.push_back("Measured ceiling: " + ceiling_words(c));
  lines.push_back("Seed " + std::to_string(run.seed) + ", " + std::to_string(run.rounds) +
                  " rounds, memory limit " +
                  record::format_bytes(static_cast<double>(run.memory_limit_bytes)));
  lines.push_back("Started " + run.started_utc + ", finished " +
                  (run.finished_utc.empty() ? "never" : run.finished_utc) + ", record schema " +
                  std::to_string(run.schema_version));
  return bullets(lines);
}

/// The rules behind the numbers, in the words of the constants that set them.
std::string how_to_read() {
  const auto percent = [](double part) { return percent_words(100 * part); };
  return bullets(
      {"Intervals are at " + percent(analyze::kConfidence) +
           ". A median's is distribution-free, by ranks; below 6 samples its range is shown in "
           "parentheses.",
       "Growth is the slope of log(median) on log(n), its interval bootstrapped over the samples "
       "and over the fit's own residuals. A declared theory holds where the interval comes "
       "within " +
           record::format_number(analyze::kTheoryTolerance, 2) +
           " of the slope that it expects at the sizes fitted; a verdict needs " +
           std::to_string(analyze::kVerdictSizes) + " sizes.",
       "Workspace is declared and exact, heap peak is what was allocated inside a call, resident "
       "peak is what the process grew by. Peaks below " +
           record::format_bytes(static_cast<double>(analyze::kMemoryNoiseBytes)) +
           " are not fitted.",
       "FLOPs count the two products of the pairs attended, no more. The roofline is the lesser of "
       "the FMA peak and the streaming bandwidth times FLOPs a byte of least traffic."});
}

}  // namespace

std::string report_md(const record::Run& run, const analyze::Analysis& analysis) {
  const Answer answer = make_answer(run, analysis);
  std::string text;
  if (!answer.partial.empty()) text += "**" + markdown_text(answer.partial) + "**\n\n";
  text += "# " + markdown_text(run.name) + "\n";
  if (!run.description.empty()) text += "\n" + markdown_text(run.description) + "\n";
  text += "\n## The answer\n\n";
  text += answer.findings.empty() ? "No case, no answer.\n" : bullets(answer.findings);
  if (!answer.warnings.empty()) text += "\n## Warnings\n\n" + bullets(answer.warnings);
  if (!analysis.series.empty()) text += "\n## Growth\n\n" + growth_table(run, analysis);
  std::string tables;
  for (const analyze::Group& group : analysis.groups) tables += group_table(run, analysis, group);
  if (!tables.empty()) text += "\n## Cases\n" + tables;
  text += not_ok_table(run);
  text += "\n## How to read it\n\n" + how_to_read();
  text += "\n## How it was measured\n\n" + how_measured(run, analysis);
  return text + "\n" + fenced(run.config_json, "json");
}

}  // namespace attnbench::report
