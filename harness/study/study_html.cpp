// Writes study.html.
#include <algorithm>

#include "analyze/sentence.h"
#include "record/format.h"
#include "report/escape.h"
#include "report/html_assets.h"
#include "report/weights.h"
#include "study/files.h"
#include "study/html_assets.h"
#include "study/html_parts.h"
#include "study/summary.h"

namespace attnbench::study {
namespace {

using report::if_any;
using Type = TemplateData::type;

/// The heat maps of the sentence that the run recorded, with the readings beside the characters.
std::vector<report::WeightsView> sentence_views(const SentenceOf& exhibit, const StudyRun& run) {
  std::vector<report::WeightsView> views =
      report::sentence_weights(*run.run, shown_views(exhibit, *run.run));
  for (report::WeightsView& view : views) view.readings = exhibit.readings;
  return views;
}

/// Whether the run recorded this sentence; it has none if no variant of it is exact.
bool shows_sentence(const record::Run& run, const SentenceOf& exhibit) {
  return run.sentence.views.empty() ||
         run.sentence.tokens == analyze::tokenize(exhibit.text).tokens;
}

/// Adds what the section shows.
void add_exhibits(TemplateData& data, const SectionResult& result, const Study& study) {
  TemplateData figures(Type::list), sentences(Type::list), tables(Type::list);
  std::string other_sentence;
  size_t number = 0;
  for (const Exhibit& exhibit : result.section->shows) {
    if (result.run == nullptr || !result.run->run) break;
    const std::string id = result.section->id + "_chart_" + std::to_string(++number);
    if (const auto* const chart = std::get_if<ChartOf>(&exhibit)) {
      const Figure figure = make_figure(*chart, *result.run);
      if (!figure.lines.empty()) figures.push_back(figure_data(figure, id));
    } else if (const auto* const sentence = std::get_if<SentenceOf>(&exhibit);
               sentence != nullptr && !shows_sentence(*result.run->run, *sentence)) {
      other_sentence = "Not shown: " + sentence->text + " was not in the study when " +
                       result.run->file + " was measured.";
    } else if (sentence != nullptr) {
      TemplateData part;
      report::add_weights(part, sentence_views(*sentence, *result.run));
      sentences.push_back(part);
    } else if (const PublishedTable* const table =
                   find_table(study, std::get<TableOf>(exhibit).table)) {
      tables.push_back(table_data(shown_table(*table, *result.run)));
    }
  }
  data.set("has_figures", report::flag(!figures.is_empty_list()));
  data.set("figures", figures);
  data.set("sentences", sentences);
  data.set("other_sentence", if_any(other_sentence));
  data.set("tables", tables);
}

TemplateData section_data(const SectionResult& result, const Study& study) {
  const Section& section = *result.section;
  TemplateData data("id", section.id);
  data.set("title", report::printable(section.title));
  data.set("question", report::printable(section.question));
  data.set("text", report::lines(section.text));
  TemplateData claims(Type::list);
  std::string marks;
  for (const Judged& judged : result.claims) {
    claims.push_back(claim_data(judged));
    marks += words_of(judged.verdict).mark;
  }
  data.set("marks", marks);
  data.set("marks_words", count_words(count_claims(result)));
  data.set("has_claims", report::flag(!result.claims.empty()));
  data.set("claims", claims);
  const bool measured = result.run != nullptr && result.run->run;
  data.set("not_measured", if_any(not_measured_words(result)));
  add_exhibits(data, result, study);
  data.set("report", if_any(measured ? result.run->folder + "/report.html" : ""));
  data.set("config", result.run != nullptr ? result.run->file : "");
  return data;
}

}  // namespace

std::string study_html(const Results& results) {
  TemplateData page;
  report::add_head(page, results.study.title, report::Scripts::kWithout);
  page.set("style", std::string(report::kPageStyle) + std::string(kStudyStyle) +
                        std::string(kCharacterStyle));
  page.set("fonts", report::flag(true));
  page.set("introduction", if_any(results.study.introduction));
  page.set("headline", count_words(count_claims(results)));
  page.set("setting", report::printable(setting_words(results)));
  page.set("partial", if_any(partial_words(results)));
  TemplateData sections(Type::list);
  for (const SectionResult& result : results.sections)
    sections.push_back(section_data(result, results.study));
  page.set("sections", sections);
  page.set("has_limits", report::flag(!results.study.limits.empty()));
  page.set("limits", report::lines(results.study.limits));
  return report::render(kStudyTemplate, page);
}

}  // namespace attnbench::study
