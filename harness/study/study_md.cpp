// Writes study.md.
#include "report/escape.h"
#include "report/table.h"
#include "study/files.h"
#include "study/html_parts.h"
#include "study/summary.h"

namespace attnbench::study {

using report::markdown_text;

std::string study_md(const Results& results) {
  const Study& study = results.study;
  std::string text = "# " + markdown_text(study.title) + "\n\n";
  if (!study.introduction.empty()) text += markdown_text(study.introduction) + "\n\n";
  text += "**" + markdown_text(count_words(count_claims(results))) + "**\n\n" +
          markdown_text(setting_words(results)) + "\n";
  if (const std::string partial = partial_words(results); !partial.empty())
    text += "\n" + markdown_text(partial) + "\n";
  for (const SectionResult& result : results.sections) {
    const Section& section = *result.section;
    text +=
        "\n## " + markdown_text(section.title) + "\n\n*" + markdown_text(section.question) + "*\n";
    if (!result.claims.empty())
      text += "\n" + report::markdown_header({"claim", "verdict", "found", "asked"}, 4);
    for (const Judged& judged : result.claims) {
      const Evidence& e = judged.evidence;
      text += report::markdown_row(
          {judged.claim->says,
           std::string(verdict_mark(judged.verdict)) + " " + verdict_name(judged.verdict),
           e.value ? e.words + " " + e.where : judged.reason, judged.asked});
    }
    if (result.run != nullptr && result.run->run)
      text += "\n[Full report](" + result.run->folder + "/report.html)\n";
  }
  if (!study.limits.empty()) text += "\n## What this study cannot show\n";
  for (const std::string& paragraph : study.limits) text += "\n" + markdown_text(paragraph) + "\n";
  return text;
}

}  // namespace attnbench::study
