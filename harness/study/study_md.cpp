// Writes study.md.
#include <algorithm>

#include "report/escape.h"
#include "report/table.h"
#include "study/files.h"
#include "study/shown_table.h"
#include "study/summary.h"

namespace attnbench::study {

using report::markdown_text;

namespace {

std::string paragraph(const std::string& text) {
  return text.empty() ? text : "\n" + markdown_text(text) + "\n";
}

/// The number, and why it does not show what is claimed.
std::string found_words(const Judged& judged) {
  const Evidence& e = judged.evidence;
  std::string words = e.words;
  if (!words.empty() && !e.where.empty()) words += " " + e.where;
  if (!words.empty() && !judged.reason.empty()) words += ". ";
  return words + judged.reason;
}

std::string rule_words(const Judged& judged) {
  const bool printed = judged.published && !judged.published->words.empty();
  return judged.asked + (printed ? "; published: " + judged.published->words : "");
}

/// The author's explanations have a column if there is one.
std::string claims_table(const std::vector<Judged>& claims) {
  if (claims.empty()) return {};
  const bool explained =
      std::ranges::any_of(claims, [](const Judged& j) { return !j.claim->because.empty(); });
  report::Cells head{"claim", "verdict", "found", "asked"};
  if (explained) head.push_back("because");
  std::string text = "\n" + report::markdown_header(head, head.size());
  for (const Judged& judged : claims) {
    const VerdictWords& verdict = words_of(judged.verdict);
    report::Cells cells{judged.claim->says, std::string(verdict.mark) + " " + verdict.name,
                        found_words(judged), rule_words(judged)};
    if (explained) cells.push_back(judged.claim->because);
    text += report::markdown_row(cells);
  }
  return text;
}

std::string published_table(const ShownTable& table) {
  report::Cells head{"series", "where"};
  head.insert(head.end(), table.sizes.begin(), table.sizes.end());
  head.emplace_back("growth");
  std::string text = "\n### " + markdown_text(table.caption) + "\n" + paragraph(table.source) +
                     "\n" + report::markdown_header(head, 2);
  for (const ShownTable::Row& row : table.rows) {
    report::Cells cells{row.series, row.where};
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    cells.push_back(row.growth);
    text += report::markdown_row(cells);
  }
  return text;
}

std::string section_text(const SectionResult& result, const Study& study) {
  const Section& section = *result.section;
  std::string text =
      "\n## " + markdown_text(section.title) + "\n\n*" + markdown_text(section.question) + "*\n";
  for (const std::string& one : section.text) text += paragraph(one);
  text += paragraph(not_measured_words(result)) + claims_table(result.claims);
  if (result.run == nullptr || !result.run->run) return text;
  for (const Exhibit& exhibit : section.shows)
    if (const auto* const shown = std::get_if<TableOf>(&exhibit))
      if (const PublishedTable* const table = find_table(study, shown->table))
        text += published_table(shown_table(*table, *result.run));
  return text + "\n[Full report](" + result.run->folder + "/report.html)\n";
}

}  // namespace

std::string study_md(const Results& results) {
  const Study& study = results.study;
  std::string text = "# " + markdown_text(study.title) + "\n" + paragraph(study.introduction) +
                     "\n**" + markdown_text(count_words(count_claims(results))) + "**\n" +
                     paragraph(setting_words(results)) + paragraph(partial_words(results));
  for (const SectionResult& result : results.sections) text += section_text(result, study);
  if (!study.limits.empty()) text += "\n## What this study cannot show\n";
  for (const std::string& one : study.limits) text += paragraph(one);
  return text;
}

}  // namespace attnbench::study
