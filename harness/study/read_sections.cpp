// Reads the sections of a study, and what each shows.
#include "study/read_sections.h"

#include <algorithm>
#include <set>

#include "analyze/sentence.h"
#include "config/values.h"
#include "study/evidence.h"
#include "study/fields.h"
#include "study/read_claims.h"
#include "study/read_picks.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

using config::element;

ChartOf read_chart(const Node& node, Problems& problems) {
  ChartOf chart;
  check_object(node, {"chart", "x", "only"}, problems);
  chart.quantity = read_quantity(*member(node, "chart"), problems).value_or("");
  const QuantityRow* row = find_quantity_row(chart.quantity);
  if (row != nullptr && row->needs_distance()) chart.x = kDistance;
  if (const auto x = member(node, "x")) chart.x = read_text(*x, problems).value_or("");
  if (row != nullptr && row->needs_distance() != (chart.x == kDistance))
    problems.add(node.pointer + "/x", row->needs_distance()
                                          ? chart.quantity + " is drawn against \"distance\" only"
                                          : chart.quantity + " has no distance");
  if (row != nullptr && !row->has_lengths() && chart.x == kSeqLen)
    problems.add(node.pointer, chart.quantity +
                                   " is one number of a series, whatever the length; "
                                   "give 'x' an axis or a param");
  if (const auto only = member(node, "only")) chart.only = read_picks(*only, problems);
  for (size_t i = 0; i < chart.only.size(); ++i)
    check_pick_of(chart.only[i], chart.quantity, chart.x,
                  node.pointer + "/only/" + std::to_string(i), problems);
  return chart;
}

SentenceOf read_sentence(const Node& node, Problems& problems) {
  SentenceOf sentence;
  check_object(node, {"sentence", "readings", "only"}, problems);
  const Node text = *member(node, "sentence");
  sentence.text = read_text(text, problems).value_or("");
  const analyze::Tokens tokens = analyze::tokenize(sentence.text);
  if (!sentence.text.empty() && !tokens.problem.empty()) problems.add(text.pointer, tokens.problem);
  if (const auto readings = member(node, "readings")) {
    sentence.readings = read_texts(*readings, problems);
    if (tokens.problem.empty() && readings->value.size() != tokens.tokens.size())
      problems.add(readings->pointer, "has " + std::to_string(readings->value.size()) +
                                          " readings; the sentence has " +
                                          std::to_string(tokens.tokens.size()) +
                                          " tokens, and each needs one");
  }
  if (const auto only = member(node, "only")) sentence.only = read_picks(*only, problems);
  return sentence;
}

TableOf read_table(const Node& node, const FileNames& files, Problems& problems) {
  check_object(node, {"table"}, problems);
  return {read_choice(*member(node, "table"), "table", files.tables, problems).value_or("")};
}

std::optional<Exhibit> read_exhibit(const Node& node, const FileNames& files, Problems& problems) {
  const size_t before = problems.count();
  std::vector<std::string> kinds;
  for (const char* kind : {"chart", "sentence", "table"})
    if (node.value.is_object() && member(node, kind)) kinds.emplace_back(kind);
  if (kinds.empty()) {
    if (check_object(node, {"chart", "sentence", "table", "x", "readings", "only"}, problems))
      problems.add(node.pointer, "needs one of: chart, sentence, table");
    return std::nullopt;
  }
  if (kinds.size() > 1) {
    problems.add(node.pointer, "has " + join(kinds, " and ") + "; show one thing in each object");
    return std::nullopt;
  }
  Exhibit exhibit;
  if (kinds.front() == "chart")
    exhibit = read_chart(node, problems);
  else if (kinds.front() == "sentence")
    exhibit = read_sentence(node, problems);
  else
    exhibit = read_table(node, files, problems);
  if (problems.count() != before) return std::nullopt;
  std::visit([&](auto& shown_thing) { shown_thing.pointer = node.pointer; }, exhibit);
  return exhibit;
}

std::string read_id(const Node& node, Problems& problems) {
  const std::string id = config::read_string(node, problems).value_or("");
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_plain = [&](char c) { return is_word(c) || c == '-'; };
  const bool good = !id.empty() && id.size() <= kMostIdLength && is_word(id.front()) &&
                    is_word(id.back()) && std::ranges::all_of(id, is_plain) &&
                    id.find("--") == std::string::npos;
  if (node.value.is_string() && !good)
    problems.add(node.pointer, shown(node.value) + " is no id; use up to " +
                                   std::to_string(kMostIdLength) +
                                   " lower-case letters and digits, with single '-' between words");
  return id;
}

/// `node` is a list of what `read` reads; those with a problem are left out.
template <class T, class Read>
std::vector<T> read_all(const Node& node, const std::string& what, const Read& read,
                        Problems& problems) {
  std::vector<T> all;
  if (!node.value.is_array())
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of " + what);
  for (size_t i = 0; node.value.is_array() && i < node.value.size(); ++i)
    if (std::optional<T> one = read(element(node, i))) all.push_back(std::move(*one));
  return all;
}

Section read_section(const Node& node, const FileNames& files, Problems& problems) {
  Section section;
  if (!check_object(node, {"id", "title", "question", "text", "config", "shows", "claims"},
                    problems))
    return section;
  need_keys(node, {"id", "title", "question"}, problems);
  if (const auto id = member(node, "id")) section.id = read_id(*id, problems);
  section.title = read_text_of(node, "title", problems);
  section.question = read_text_of(node, "question", problems);
  if (const auto text = member(node, "text")) section.text = read_texts(*text, problems);
  const auto config = member(node, "config");
  if (config) section.config = read_choice(*config, "config", files.configs, problems).value_or("");
  if (const auto shows = member(node, "shows"))
    section.shows = read_all<Exhibit>(
        *shows, "objects with one of: chart, sentence, table",
        [&](const Node& item) { return read_exhibit(item, files, problems); }, problems);
  if (const auto claims = member(node, "claims"))
    section.claims = read_all<Claim>(
        *claims, "claims",
        [&](const Node& item) { return read_claim(item, files.tables, problems); }, problems);
  if (!config && (member(node, "shows") || member(node, "claims")))
    problems.add(node.pointer, "needs 'config': the file whose run its shows and claims rest on");
  return section;
}

}  // namespace

std::vector<Section> read_sections(const Node& node, const FileNames& files, Problems& problems) {
  std::vector<Section> sections;
  if (!node.value.is_array() || node.value.empty()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of sections");
    return sections;
  }
  std::set<std::string> ids;
  for (size_t i = 0; i < node.value.size(); ++i) {
    Section section = read_section(element(node, i), files, problems);
    if (!section.id.empty() && !ids.insert(section.id).second)
      problems.add(element(node, i).pointer + "/id",
                   shown(Json(section.id)) + " is the id of two sections; give each its own");
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace attnbench::study
