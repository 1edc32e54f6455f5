// Claims and charts as values for the template.
#include "study/html_parts.h"

#include <kainjow/mustache.hpp>
#include <set>

#include "record/format.h"
#include "report/escape.h"
#include "study/summary.h"

namespace attnbench::study {
using report::if_any;
using Type = TemplateData::type;

std::string html_text(std::string_view text) {
  return kainjow::mustache::html_escape(report::printable(text));
}

TemplateData claim_data(const Judged& judged) {
  const Evidence& e = judged.evidence;
  TemplateData claim("class", words_of(judged.verdict).css_class);
  claim.set("mark", words_of(judged.verdict).mark);
  claim.set("verdict", words_of(judged.verdict).name);
  claim.set("says", report::printable(judged.claim->says));
  claim.set("found", e.words.empty() ? "no number" : report::printable(e.words));
  claim.set("where", if_any(e.words.empty() ? "" : e.where));
  claim.set("certainty", if_any(e.words.empty() ? "" : certainty_name(e.certainty)));
  claim.set("asked", report::printable(judged.asked));
  claim.set("published", if_any(judged.published ? judged.published->words : ""));
  claim.set("reason", if_any(judged.reason));
  claim.set("because", if_any(judged.claim->because));
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
  data.set("left_out", if_any(left_out_words(figure)));
  return data;
}

TemplateData table_data(const ShownTable& table) {
  TemplateData rows(Type::list);
  for (const ShownTable::Row& from : table.rows) {
    TemplateData row("class", from.kind);
    row.set("series", report::printable(from.series));
    row.set("where", report::printable(from.where));
    row.set("cells", report::lines(from.cells));
    row.set("growth", from.growth);
    rows.push_back(row);
  }
  TemplateData data("caption", report::printable(table.caption));
  data.set("source", report::printable(table.source));
  data.set("sizes", report::lines(table.sizes));
  data.set("rows", rows);
  return data;
}

}  // namespace attnbench::study
