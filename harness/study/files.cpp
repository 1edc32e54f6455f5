// verdicts.json, claims.csv, and what the terminal shows.
#include "study/files.h"

#include <cmath>

#include "record/json.h"
#include "report/csv_row.h"
#include "report/escape.h"
#include "study/fields.h"
#include "study/summary.h"

namespace attnbench::study {
namespace {

using record::Json;
using OrderedJson = nlohmann::ordered_json;

/// JSON has no infinity: null stands for no number, and "infinity" for one beyond all.
OrderedJson number_json(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  return value;
}

OrderedJson evidence_json(const Evidence& e) {
  OrderedJson j;
  j["value"] = e.value ? number_json(*e.value) : OrderedJson();
  j["low"] = e.interval ? number_json(e.interval->low) : OrderedJson();
  j["high"] = e.interval ? number_json(e.interval->high) : OrderedJson();
  j["certainty"] = certainty_name(e.certainty);
  j["words"] = e.words;
  j["where"] = e.where;
  return j;
}

/// "any-distance.3": the section, and the claim's place in it from 1.
std::string claim_id(const SectionResult& section, size_t index) {
  return section.section->id + "." + std::to_string(index + 1);
}

}  // namespace

std::string verdicts_json(const Results& results) {
  OrderedJson all;
  all["study"] = results.study.name;
  all["title"] = results.study.title;
  all["quick"] = results.quick;
  all["only"] = results.only;
  OrderedJson claims = OrderedJson::array();
  for (const SectionResult& section : results.sections)
    for (size_t i = 0; i < section.claims.size(); ++i) {
      const Judged& judged = section.claims[i];
      OrderedJson j;
      j["id"] = claim_id(section, i);
      j["section"] = section.section->id;
      j["says"] = judged.claim->says;
      j["verdict"] = words_of(judged.verdict).name;
      j["measure"] = measure_name(judged.claim->measure);
      j["quantity"] = judged.claim->quantity;
      j["found"] = evidence_json(judged.evidence);
      j["published"] = judged.published ? evidence_json(*judged.published) : OrderedJson();
      j["asked"] = judged.asked;
      j["reason"] = judged.reason;
      j["run"] = section.run == nullptr ? "" : section.run->folder;
      j["cases"] = judged.evidence.cases;
      claims.push_back(std::move(j));
    }
  all["claims"] = std::move(claims);
  return all.dump(2) + "\n";
}

std::string claims_csv(const Results& results) {
  std::string out =
      "id,section,claim,verdict,measure,quantity,value,low,high,certainty,where,published,asked,"
      "reason\n";
  report::CsvRow row(out);
  for (const SectionResult& section : results.sections)
    for (size_t i = 0; i < section.claims.size(); ++i) {
      const Judged& judged = section.claims[i];
      const Evidence& e = judged.evidence;
      row.text(claim_id(section, i));
      row.text(section.section->id);
      row.text(judged.claim->says);
      row.text(words_of(judged.verdict).name);
      row.text(measure_name(judged.claim->measure));
      row.text(judged.claim->quantity);
      row.number(e.value);
      row.interval(e.interval);
      row.text(certainty_name(e.certainty));
      row.text(e.where);
      row.number(judged.published ? judged.published->value : std::nullopt);
      row.text(judged.asked);
      row.text(judged.reason);
      row.end();
    }
  return out;
}

std::vector<report::ReportFile> study_files(const Results& results) {
  return {{"study.html", study_html(results)},
          {"study.md", study_md(results)},
          {"verdicts.json", verdicts_json(results)},
          {"claims.csv", claims_csv(results)}};
}

std::string study_text(const Results& results, const report::Screen& screen) {
  report::Lines lines(screen);
  lines.sentence(report::printable(results.study.title) + ". " + count_words(count_claims(results)),
                 report::kBold);
  if (const std::string partial = partial_words(results); !partial.empty())
    lines.sentence(report::printable(partial));
  for (const SectionResult& section : results.sections) {
    if (section.claims.empty()) continue;
    lines.gap();
    lines.put(std::string(" ").append(report::printable(section.section->title)), report::kBold);
    for (const Judged& judged : section.claims) {
      const char* const color = judged.verdict == Verdict::kDoesNotHold ? report::kRed : nullptr;
      lines.sentence(
          std::string(words_of(judged.verdict).mark) + " " + report::printable(judged.claim->says),
          color, 1);
      lines.sentence(report::printable(finding_words(judged)), nullptr, 5);
    }
  }
  lines.gap();
  lines.sentence("✓ holds, ✗ does not hold, ? cannot be told here.");
  return std::move(lines).text();
}

}  // namespace attnbench::study
