// Writes study.md.
#include "report/escape.h"
#include "report/table.h"
#include "study/files.h"
#include "study/html_parts.h"
#include "study/summary.h"

namespace attnbench::study {

using report::markdown_text;

namespace {

/// The number, and why it does not show what is claimed.
std::string found_words(const Judged& judged) {
  const Evidence& e = judged.evidence;
  std::string words = e.words;
  if (!words.empty() && !e.where.empty()) words += " " + e.where;
  if (!words.empty() && !judged.reason.empty()) words += ". ";
  return words + judged.reason;
}

}  // namespace

std::string study_md(const Results& results) {
  const Study& study = results.study;
  std::string text = "# " + markdown_text(study.title) + "\n\n";
  if (!study.introduction.empty()) text += markdown_text(study.introduction) + "\n\n";
  text += "**" + markdown_text(count_words(count_claims(results))) + "**\n\n" +
          markdown_text(setting_words(results)) + "\n";
  if (const std::string partial = partial_words(results); !partial.empty())
    text.append("\n").append(markdown_text(partial)).append("\n");
  for (const SectionResult& result : results.sections) {
    const Section& section = *result.section;
    text +=
        "\n## " + markdown_text(section.title) + "\n\n*" + markdown_text(section.question) + "*\n";
    if (!result.claims.empty())
      text.append("\n").append(report::markdown_header({"claim", "verdict", "found", "asked"}, 4));
    for (const Judged& judged : result.claims) {
      text += report::markdown_row(
          {judged.claim->says,
           std::string(verdict_mark(judged.verdict)) + " " + verdict_name(judged.verdict),
           found_words(judged), judged.asked});
    }
    if (result.run != nullptr && result.run->run)
      text += "\n[Full report](" + result.run->folder + "/report.html)\n";
  }
  if (!study.limits.empty()) text += "\n## What this study cannot show\n";
  for (const std::string& paragraph : study.limits)
    text.append("\n").append(markdown_text(paragraph)).append("\n");
  return text;
}

}  // namespace attnbench::study
