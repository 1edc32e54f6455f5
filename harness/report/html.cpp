// Fills the template of report.html.
#include "report/html.h"

#include <algorithm>

#include "report/answer.h"
#include "report/cite.h"
#include "report/escape.h"
#include "report/growth_table.h"
#include "report/html_assets.h"
#include "report/html_data.h"
#include "report/html_parts.h"
#include "report/method.h"

namespace attnbench::report {
namespace {

using data = TemplateData;

/// A warning links to at most this many of its cases, and counts the rest.
constexpr size_t kMostLinks = 8;

/// The findings of at most this many series are open at the top; those of more are folded.
constexpr size_t kFewSeries = 6;

/// A growth table with more rows is folded, because a browser takes seconds to lay it out.
constexpr size_t kShortGrowth = 100;

std::string text(std::string_view line) {
  return printable(line);
}

/// The findings about several series: those before the findings on single series, or those after.
data general_findings(const Answer& answer, bool after) {
  const auto of_series = [](const Finding& finding) { return !finding.subject.empty(); };
  const auto first = std::find_if(answer.findings.begin(), answer.findings.end(), of_series);
  std::vector<std::string> texts;
  for (auto it = after ? first : answer.findings.begin();
       it != (after ? answer.findings.end() : first); ++it)
    if (!of_series(*it)) texts.push_back(it->text);
  return lines(texts);
}

data series_findings(const Answer& answer) {
  data all(data::type::list);
  for (size_t i = 0; i < answer.findings.size();) {
    const std::string subject = answer.findings[i].subject;
    std::vector<std::string> texts;
    for (; i < answer.findings.size() && answer.findings[i].subject == subject; ++i)
      texts.push_back(answer.findings[i].text);
    if (subject.empty()) continue;
    data series("name", subject);
    series.set("lines", lines(texts));
    all.push_back(series);
  }
  return all;
}

data cells(const Cells& row, size_t left) {
  data list(data::type::list);
  for (size_t i = 0; i < row.size(); ++i) {
    data cell("text", text(row[i]));
    cell.set("number", flag(i >= left));
    list.push_back(cell);
  }
  return list;
}

data growth(const record::Run& run, const analyze::Analysis& analysis) {
  data rows(data::type::list);
  for (const Cells& row : growth_rows(run, analysis)) {
    data item("name", text(row.front()));
    item.set("cells", cells({row.begin() + 1, row.end()}, 0));
    rows.push_back(item);
  }
  return rows;
}

data warnings(const record::Run& run, const std::vector<Warning>& all, bool one_problem) {
  data list(data::type::list);
  for (const Warning& warning : all) {
    data item("text", text(warning.text));
    data links(data::type::list);
    for (size_t i = 0; i < std::min(warning.cases.size(), kMostLinks); ++i) {
      data link("id", std::to_string(warning.cases[i]));
      const record::Case& plan = run.cases[warning.cases[i]].plan;
      link.set("name", text(one_problem ? record::describe_point(plan) : describe_case(plan)));
      links.push_back(link);
    }
    item.set("links", links);
    item.set("has_links", flag(!warning.cases.empty()));
    const size_t more = warning.cases.size() - std::min(warning.cases.size(), kMostLinks);
    item.set("more", more == 0 ? flag(false) : data(std::to_string(more)));
    list.push_back(item);
  }
  return list;
}

}  // namespace

std::string report_html(const record::Run& run, const analyze::Analysis& analysis) {
  const Answer answer = make_answer(run, analysis);
  data page;
  add_head(page, run.name, Scripts::kWith);
  page.set("description", run.description.empty() ? flag(false) : data(text(run.description)));
  page.set("partial", answer.partial.empty() ? flag(false) : data(answer.partial));
  page.set("findings", general_findings(answer, false));
  page.set("series", series_findings(answer));
  page.set("few_series", flag(analysis.series.size() <= kFewSeries));
  page.set("crossovers", general_findings(answer, true));
  page.set("has_crossovers", flag(page.get("crossovers")->is_non_empty_list()));
  page.set("has_warnings", flag(!answer.warnings.empty()));
  page.set("warnings", warnings(run, answer.warnings, analysis.groups.size() == 1));
  page.set("growth_header", cells(growth_header(), 1));
  page.set("growth", growth(run, analysis));
  page.set("short_growth", flag(analysis.series.size() <= kShortGrowth));
  page.set("reading", lines(reading_lines()));
  page.set("method", lines(method_lines(run, analysis)));
  page.set("cite", citation(run));
  page.set("bibtex", bibtex(run));
  page.set("reproduce", reproduce_commands(run));
  add_patterns(page, run);
  add_weights(page, sentence_weights(run));
  page.set("script", std::string(kScriptBegin) + std::string(kRunScript) + std::string(kScriptEnd));
  page.set("data", html_data(run, analysis));
  return render(kPageTemplate, page);
}

}  // namespace attnbench::report
