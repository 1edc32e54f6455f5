// Fills the template of report.html.
#include "report/html.h"

#include <algorithm>

#include "report/answer.h"
#include "report/cite.h"
#include "report/escape.h"
#include "report/growth_table.h"
#include "report/html_assets.h"
#include "report/html_data.h"
#include "report/html_glance.h"
#include "report/html_parts.h"
#include "report/input_words.h"
#include "report/method.h"

namespace attnbench::report {
namespace {

using data = TemplateData;

/// A growth table with more rows is folded, because a browser takes seconds to lay it out. So is
/// one without growth, whose cells are empty.
constexpr size_t kShortGrowth = 100;

std::string text(std::string_view line) {
  return printable(line);
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

data table_rows(const std::vector<Cells>& rows, size_t left) {
  data list(data::type::list);
  for (const Cells& row : rows) list.push_back(data("cells", cells(row, left)));
  return list;
}

void add_inputs(data& page, const record::Run& run) {
  constexpr size_t kTextColumns = 2;
  page.set("has_inputs", flag(!run.input_statistics.empty()));
  page.set("inputs", lines(input_sentences(run)));
  page.set("inputs_header", cells(input_header(), kTextColumns));
  page.set("inputs_rows", table_rows(input_rows(run), kTextColumns));
  page.set("inputs_notes", std::string(kInputNotes));
}

}  // namespace

std::string report_html(const record::Run& run, const analyze::Analysis& analysis) {
  const Answer answer = make_answer(run, analysis);
  data page;
  add_head(page, run.name, Scripts::kWith);
  page.set("description", run.description.empty() ? flag(false) : data(text(run.description)));
  page.set("partial", answer.partial.empty() ? flag(false) : data(answer.partial));
  add_glance(page, run, analysis, answer);
  page.set("growth_header", cells(growth_header(run), 1));
  page.set("growth", growth(run, analysis));
  const bool grows = std::ranges::any_of(
      analysis.series, [](const analyze::Series& s) { return s.memory.workspace.fit.has_value(); });
  page.set("short_growth", flag(grows && analysis.series.size() <= kShortGrowth));
  add_inputs(page, run);
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
