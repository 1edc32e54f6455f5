// Patterns and heat maps for the pages.
#include "report/html_parts.h"

#include <stdexcept>

#include "record/format.h"
#include "report/escape.h"
#include "report/html_assets.h"
#include "report/patterns.h"

namespace attnbench::report {
namespace {

using Type = TemplateData::type;

/// Weights from which on a light page's dark ink (kStrong) or a dark page's light ink (kMiddle)
/// would be hard to read on the cell.
constexpr double kStrong = 0.8;
constexpr double kMiddle = 0.6;

/// With more tokens, numbers would make the map wider than a page: it shows colours alone.
constexpr size_t kMostNumbers = 16;

std::string strength(double weight) {
  return weight >= kStrong ? "strong" : weight >= kMiddle ? "middle" : "weak";
}

TemplateData heat_row(const WeightsView& view, size_t query) {
  const size_t n = view.tokens.size();
  TemplateData cells(Type::list);
  for (size_t key = 0; key < n; ++key) {
    const double weight = view.weights[query * n + key];
    const bool seen = view.visible[query * n + key] == '1';
    const std::string number = record::format_fixed(weight, 2);
    TemplateData cell("weight", number);
    cell.set("text", seen ? number : ".");
    cell.set("strength", seen ? strength(weight) : "unseen");
    cells.push_back(cell);
  }
  TemplateData row("query", view.label(query));
  row.set("cells", cells);
  return row;
}

TemplateData part(std::string_view part_template) {
  return kainjow::mustache::partial([part_template] { return std::string(part_template); });
}

TemplateData heat_map(const WeightsView& view) {
  TemplateData map("title", printable(view.title));
  std::vector<std::string> keys;
  for (size_t key = 0; key < view.tokens.size(); ++key) keys.push_back(view.label(key));
  map.set("keys", lines(keys));
  map.set("compact", flag(view.tokens.size() > kMostNumbers));
  map.set("mass", mass_words(view));
  map.set("drawn", if_any(view.drawn));
  map.set("alike", if_any(alike_words(view)));
  TemplateData rows(Type::list);
  for (size_t query = 0; query < view.tokens.size(); ++query) rows.push_back(heat_row(view, query));
  map.set("rows", rows);
  return map;
}

}  // namespace

TemplateData flag(bool value) {
  return value ? Type::bool_true : Type::bool_false;
}

TemplateData if_any(const std::string& text) {
  return text.empty() ? flag(false) : TemplateData(printable(text));
}

void add_head(TemplateData& page, const std::string& title, Scripts scripts) {
  page.set("title", printable(title));
  page.set("style", std::string(kPageStyle));
  if (scripts == Scripts::kWithout) page.set("script", flag(false));
  page.set("fonts", flag(false));
  page.set("head", part(kHeadTemplate));
}

TemplateData lines(const std::vector<std::string>& texts) {
  TemplateData list(Type::list);
  for (const std::string& line : texts) list.push_back(TemplateData("text", printable(line)));
  return list;
}

void add_patterns(TemplateData& page, const record::Run& run) {
  TemplateData list(Type::list);
  for (size_t i = 0; i < run.patterns.size(); ++i) {
    TemplateData item("index", std::to_string(i));
    item.set("name", printable(pattern_name(run, run.patterns[i])));
    item.set("lines", lines(pattern_lines(run, run.patterns[i])));
    list.push_back(item);
  }
  page.set("has_patterns", flag(!run.patterns.empty() || !run.undrawn.empty()));
  page.set("drawn", flag(!run.patterns.empty()));
  page.set("undrawn", lines(undrawn_lines(run)));
  page.set("patterns", list);
  page.set("more_patterns", if_any(more_patterns_words(run)));
  page.set("patterns_section", part(kPatternsTemplate));
}

void add_weights(TemplateData& page, const std::vector<WeightsView>& views) {
  TemplateData list(Type::list);
  for (const WeightsView& view : views) list.push_back(heat_map(view));
  page.set("has_weights", flag(!views.empty()));
  page.set("heat_maps", list);
  page.set("weights_part", part(kWeightsTemplate));
}

std::string render(std::string_view page_template, TemplateData& values) {
  kainjow::mustache::mustache page{std::string(page_template)};
  std::string text = page.render(values);
  if (!page.is_valid()) throw std::logic_error(page.error_message());
  return text;
}

}  // namespace attnbench::report
