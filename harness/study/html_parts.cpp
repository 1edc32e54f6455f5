// Claims and charts as values for the template.
#include "study/html_parts.h"

#include <kainjow/mustache.hpp>
#include <set>

#include "record/format.h"
#include "report/escape.h"

namespace attnbench::study {
namespace {

using Type = TemplateData::type;

/// The text, or false, so that the template leaves its place out.
TemplateData maybe(const std::string& text) {
  return text.empty() ? report::flag(false) : TemplateData(report::printable(text));
}

}  // namespace

std::string html_text(std::string_view text) {
  return kainjow::mustache::html_escape(report::printable(text));
}

std::string verdict_class(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kDoesNotHold:
      return "does-not-hold";
    case Verdict::kCannotTell:
      break;
  }
  return "cannot-tell";
}

const char* verdict_mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "✓";
    case Verdict::kDoesNotHold:
      return "✗";
    case Verdict::kCannotTell:
      break;
  }
  return "?";
}

TemplateData claim_data(const Judged& judged) {
  const Evidence& e = judged.evidence;
  TemplateData claim("class", verdict_class(judged.verdict));
  claim.set("mark", verdict_mark(judged.verdict));
  claim.set("verdict", verdict_name(judged.verdict));
  claim.set("says", report::printable(judged.claim->says));
  claim.set("found", e.words.empty() ? "no number" : report::printable(e.words));
  claim.set("where", maybe(e.words.empty() ? "" : e.where));
  claim.set("certainty",
            e.words.empty() ? report::flag(false) : TemplateData(certainty_name(e.certainty)));
  claim.set("asked", report::printable(judged.asked));
  claim.set("published", maybe(judged.published ? judged.published->words : ""));
  claim.set("reason", maybe(judged.reason));
  claim.set("because", maybe(judged.claim->because));
  return claim;
}

TemplateData figure_data(const Figure& figure, const std::string& id) {
  TemplateData data("title", report::printable(figure.title));
  data.set("svg", figure_svg(figure, id));
  data.set("x_title", figure.x_title);
  TemplateData legend(Type::list), rows(Type::list);
  std::set<double> xs;
  for (size_t i = 0; i < figure.lines.size(); ++i) {
    TemplateData line("swatch", swatch_svg(i));
    line.set("name", report::printable(figure.lines[i].name));
    legend.push_back(line);
    for (const FigurePoint& p : figure.lines[i].points) xs.insert(p.x);
  }
  for (const double x : xs) {
    TemplateData row("x", record::shortest(x));
    std::vector<std::string> cells;
    for (const FigureLine& line : figure.lines) {
      const auto found = std::ranges::find(line.points, x, &FigurePoint::x);
      cells.push_back(found == line.points.end() ? "–" : found->words);
    }
    row.set("cells", report::lines(cells));
    rows.push_back(row);
  }
  data.set("legend", legend);
  data.set("rows", rows);
  return data;
}

}  // namespace attnbench::study
