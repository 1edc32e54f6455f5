// Writes report.md.
#include "report/markdown.h"

#include <algorithm>

#include "report/answer.h"
#include "report/escape.h"
#include "report/growth_table.h"
#include "report/input_words.h"
#include "report/loss_table.h"
#include "report/method.h"
#include "report/probes.h"
#include "report/quantities.h"
#include "report/table.h"
#include "report/training_table.h"

namespace attnbench::report {
namespace {

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append("- ").append(markdown_text(line)).append("\n");
  return text;
}

using Quantities = std::vector<const Quantity*>;

std::string case_row(const Quantities& shown, const record::CaseRecord& c,
                     const analyze::CaseStats& stats) {
  Cells cells{c.plan.label, std::to_string(c.plan.seq_len())};
  for (const Quantity* const quantity : shown) cells.push_back(quantity_words(*quantity, c, stats));
  return markdown_row(cells);
}

std::string case_header(const Quantities& shown, const std::string& baseline) {
  Cells cells{"series", "n"};
  for (const Quantity* const quantity : shown) cells.push_back(quantity_title(*quantity, baseline));
  return markdown_header(cells, 1);
}

/// The timed cases of one group, by length and then by series; empty if the group has none.
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
  const std::string baseline =
      group.baseline ? run.cases[analysis.series[*group.baseline].cases.front()].plan.label : "";
  const Quantities shown = table_quantities(run);
  std::string text = "\n### " +
                     markdown_text(record::describe_problem(run.cases[cases.front()].plan)) +
                     "\n\n" + case_header(shown, baseline);
  for (const int c : cases) text += case_row(shown, run.cases[c], analysis.cases[c]);
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

/// What the inputs are like; empty if the record does not say.
std::string inputs_section(const record::Run& run) {
  if (run.input_statistics.empty()) return {};
  std::string text = "\n## Inputs\n\n" + bullets(input_sentences(run)) +
                     "\n<details><summary>What the inputs are like, at each size</summary>\n\n" +
                     markdown_header(input_header(), 2);
  for (const Cells& row : input_rows(run)) text += markdown_row(row);
  return text + "\n" + kInputNotes + "\n\n</details>\n";
}

/// The text as a code block whose fence the text cannot close.
std::string fenced(const std::string& text, const std::string& language) {
  size_t longest = 0, current = 0;
  for (const char c : text) {
    current = c == '`' ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  const std::string fence(std::max<size_t>(3, longest + 1), '`');
  return fence + language + "\n" + printable_lines(text) + fence + "\n";
}

}  // namespace

std::string report_md(const record::Run& run, const analyze::Analysis& analysis) {
  const Answer answer = make_answer(run, analysis);
  std::string text;
  if (!answer.partial.empty()) text += "**" + markdown_text(answer.partial) + "**\n\n";
  text.append("# ").append(markdown_text(run.name)).append("\n");
  if (!run.description.empty())
    text.append("\n").append(markdown_text(run.description)).append("\n");
  text += "\n## The answer\n\n";
  if (answer.findings.empty()) text += "No case, no answer.\n";
  for (const Finding& finding : answer.findings)
    text.append("- ").append(markdown_text(finding_line(finding))).append("\n");
  if (!answer.warnings.empty()) text += "\n## Warnings\n\n";
  for (const Warning& warning : answer.warnings)
    text.append("- ").append(markdown_text(warning.text)).append("\n");
  if (!analysis.series.empty()) {
    text += "\n## Growth\n\n" + markdown_header(growth_header(run), 1);
    for (const Cells& row : growth_rows(run, analysis)) text += markdown_row(row);
  }
  text += training_md(run, analysis);
  text += loss_tables_md(run, analysis);
  std::string tables;
  for (const analyze::Group& group : analysis.groups) tables += group_table(run, analysis, group);
  if (!tables.empty()) text += "\n## Cases\n" + tables;
  text += probes_md(run, analysis);
  text += not_ok_table(run);
  text += inputs_section(run);
  text += "\n## How to read it\n\n" + bullets(reading_lines());
  text += "\n## How it was measured\n\n" + bullets(method_lines(run, analysis));
  return text + "\n" + fenced(run.config_json, "json");
}

}  // namespace attnbench::report
