// Fills the top of report.html with the sentences and cells that the terminal shows.
#include "report/html_glance.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "report/escape.h"
#include "report/glance_rows.h"
#include "report/glance_words.h"
#include "report/html_assets.h"
#include "report/nothing_timed.h"
#include "report/probe_words.h"
#include "report/training_table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using data = TemplateData;

/// Sizes that a desk has room for, and those that a phone has room for.
constexpr size_t kSizesOnDesk = 7;
constexpr size_t kSizesOnPhone = 2;

/// The series that stand first if there are many.
constexpr size_t kFirstRows = 10;

/// A browser takes seconds to lay out a longer table; the growth table holds all series.
constexpr size_t kMostRows = 100;

constexpr size_t kMostFaults = 6;

/// A warning links to at most this many of its cases, and counts the rest.
constexpr size_t kMostLinks = 8;

/// The series that have most to say, then the others.
std::vector<int> rows_in_order(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<int> rows = telling_series(run, analysis, kFirstRows);
  const std::set<int> first(rows.begin(), rows.end());
  for (int s = 0; std::cmp_less(s, analysis.series.size()); ++s)
    if (!first.contains(s) && rows.size() < kMostRows) rows.push_back(s);
  return rows;
}

/// One object for each size, with its text; "wide" if a phone has no room for it.
data sized(const std::vector<std::string>& texts, const std::vector<int64_t>& sizes,
           const std::vector<int64_t>& on_phone) {
  data list(data::type::list);
  for (size_t i = 0; i < texts.size(); ++i) {
    data item("text", printable(texts[i]));
    item.set("wide", flag(std::ranges::find(on_phone, sizes[i]) == on_phone.end()));
    item.set("first_on_phone", flag(i > 0 && sizes[i] == on_phone.front()));
    list.push_back(item);
  }
  return list;
}

data rows_data(const record::Run& run, const analyze::Analysis& analysis, const Answer& answer,
               const std::vector<std::string>& names, const std::vector<int64_t>& sizes,
               const std::vector<int64_t>& on_phone) {
  std::vector<std::vector<std::string>> told(analysis.series.size());
  for (const Finding& finding : answer.findings)
    if (finding.series) told[static_cast<size_t>(*finding.series)].push_back(finding.text);
  data rows(data::type::list);
  for (const int s : rows_in_order(run, analysis)) {
    const auto at = static_cast<size_t>(s);
    const GlanceRow row = glance_row(run, analysis, s, sizes);
    data item("name", names[at]);
    item.set("medians", sized(row.medians, sizes, on_phone));
    item.set("time", row.time);
    item.set("scratch", row.scratch);
    item.set("ceiling", row.ceiling);
    item.set("has_lines", flag(!told[at].empty()));
    item.set("lines", lines(told[at]));
    rows.push_back(item);
  }
  return rows;
}

void add_table(data& page, const record::Run& run, const analyze::Analysis& analysis,
               const Answer& answer, const std::vector<std::string>& names) {
  std::vector<int> all(analysis.series.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<int64_t> every = glance_sizes(run, analysis, all);
  const std::vector<int64_t> sizes = spread(every, kSizesOnDesk);
  const std::vector<int64_t> on_phone = spread(sizes, kSizesOnPhone);
  const GlanceMarks marks = glance_marks(analysis, all);
  std::vector<std::string> header, legend;
  for (const int64_t n : sizes)
    header.push_back((n == sizes.front() ? "n = " : "") + std::to_string(n));
  if (marks.doubt) legend.emplace_back(kVerdictMarks);
  if (marks.bf16) legend.emplace_back(kBf16Mark);
  if (marks.memory) legend.emplace_back(kBandwidthMark);
  page.set("sizes", sized(header, sizes, on_phone));
  page.set("columns", std::to_string(sizes.size() + (marks.has_growth ? 4 : 2)));
  page.set("has_growth", flag(marks.has_growth));
  page.set("rows", rows_data(run, analysis, answer, names, sizes, on_phone));
  page.set("has_rows", flag(!all.empty()));
  page.set("legend", lines(legend));
}

/// A line of the table of training. A phone has no room for the interval of a ratio.
data training_line(const TrainingTable& table, const std::vector<TrainingCell>& line) {
  data cells(data::type::list);
  for (size_t i = 1; i < line.size(); ++i) {
    data cell("text", line[i].text);
    cell.set("interval", line[i].interval.empty() ? flag(false) : data(line[i].interval));
    cell.set("wide", flag(!table.narrow[i]));
    cells.push_back(cell);
  }
  data row("name", line.front().text);
  row.set("cells", cells);
  return row;
}

/// An empty `fold` leaves the table open.
data training_data(const TrainingTable& table, const std::string& fold) {
  data rows(data::type::list), header(data::type::list);
  std::vector<TrainingCell> titles;
  for (const std::string& title : table.header) titles.push_back({title});
  header.push_back(training_line(table, titles));
  for (const auto& line : table.rows) rows.push_back(training_line(table, line));
  std::string note = table.note;
  if (table.hidden > 0) note += " … and " + std::to_string(table.hidden) + " more in report.md.";
  data all("lines", rows);
  all.set("header", header);
  all.set("fold", fold.empty() ? flag(false) : data(fold));
  all.set("meaning", fold.empty() ? data(printable(note)) : flag(false));
  return all;
}

void add_training(data& page, const record::Run& run, const analyze::Analysis& analysis) {
  data tables(data::type::list);
  const TrainingTable glance = training_at_a_glance(run, analysis, kMostRows);
  if (!glance.rows.empty()) tables.push_back(training_data(glance, ""));
  if (const TrainingTable all = training_by_size(run, analysis, kMostRows);
      all.rows.size() > glance.rows.size())
    tables.push_back(training_data(all, "Training at every n"));
  page.set("training", tables);
}

/// The sentences that belong to no row and are not among those `said` already: who is fastest in
/// each setting, and what was cut.
void add_general(data& page, const Answer& answer, const std::vector<std::string>& said,
                 bool one_group) {
  std::vector<std::string> settings, cut;
  bool after = false;
  for (const Finding& finding : answer.findings) {
    after = after || finding.series;
    if (!finding.series && std::ranges::find(said, finding.text) == said.end())
      (after ? cut : settings).push_back(finding.text);
  }
  // The headline and the line below the title say of a single setting what these sentences say.
  if (one_group) settings.clear();
  page.set("has_settings", flag(!settings.empty()));
  page.set("settings", lines(settings));
  page.set("cut", lines(cut));
  page.set("has_note", flag(page.get("legend")->is_non_empty_list() || !cut.empty()));
}

std::vector<std::string> fault_lines(const record::Run& run, const analyze::Analysis& analysis,
                                     const SeriesNames& names) {
  std::vector<std::string> faults;
  size_t more = 0;
  for (const analyze::Setback& setback : analysis.setbacks)
    if (record::went_wrong(setback.outcome)) {
      if (faults.size() < kMostFaults)
        faults.push_back(setback_words(run, names, setback));
      else
        ++more;
    }
  if (more > 0) faults.push_back("… and " + std::to_string(more) + " more such series.");
  return faults;
}

data warnings_data(const record::Run& run, const std::vector<Warning>& all, bool one_group) {
  data list(data::type::list);
  for (const Warning& warning : all) {
    data item("text", printable(warning.text));
    data links(data::type::list);
    const size_t shown = std::min(warning.cases.size(), kMostLinks);
    for (size_t i = 0; i < shown; ++i) {
      data link("id", std::to_string(warning.cases[i]));
      const record::Case& plan = run.cases[warning.cases[i]].plan;
      link.set("name",
               printable(one_group ? record::describe_point(plan) : record::describe_case(plan)));
      links.push_back(link);
    }
    item.set("links", links);
    item.set("has_links", flag(shown > 0));
    const size_t more = warning.cases.size() - shown;
    item.set("more", more == 0 ? flag(false) : data(std::to_string(more)));
    list.push_back(item);
  }
  return list;
}

/// The one line that unfolds to the warnings.
std::string trust_line(const record::Run& run, const analyze::Analysis& analysis,
                       const std::vector<Warning>& warnings) {
  std::string words = trust_words(analysis);
  const auto skipped =
      static_cast<size_t>(std::ranges::count_if(run.cases, [](const record::CaseRecord& c) {
        return c.plan.outcome == record::Outcome::kSkipped;
      }));
  if (skipped > 0)
    words += (words.empty() ? "" : " ") + cases_words(skipped) +
             (skipped == 1 ? " was skipped." : " were skipped.");
  if (words.empty() && !warnings.empty()) words = "What to know before trusting the numbers.";
  return words;
}

}  // namespace

void add_glance(TemplateData& page, const record::Run& run, const analyze::Analysis& analysis,
                const Answer& answer) {
  const SeriesNames names = name_series(run, analysis);
  const bool one_group = analysis.groups.size() == 1;
  const std::string nothing = nothing_timed_words(run);
  std::vector<std::string> sentences = probe_sentences(run, analysis, names);
  if (!nothing.empty()) sentences.insert(sentences.begin(), nothing);
  for (const std::string& sentence : glance_sentences(run, analysis, names))
    sentences.push_back(sentence);
  page.set("setting", setting_words(run, names));
  page.set("faults", lines(fault_lines(run, analysis, names)));
  add_table(page, run, analysis, answer, names.names);
  add_training(page, run, analysis);
  add_general(page, answer, sentences, one_group);
  page.set("headline", sentences.empty() ? flag(false) : data(printable(sentences.front())));
  if (!sentences.empty()) sentences.erase(sentences.begin());
  page.set("has_more", flag(!sentences.empty()));
  page.set("more", lines(sentences));
  page.set("trust", trust_line(run, analysis, answer.warnings));
  page.set("has_warnings", flag(!answer.warnings.empty()));
  page.set("warnings", warnings_data(run, answer.warnings, one_group));
  page.set("glance_section",
           kainjow::mustache::partial([] { return std::string(kGlanceTemplate); }));
}

}  // namespace attnbench::report
