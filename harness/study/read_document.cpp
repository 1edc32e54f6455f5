// Reads study.json alone, without the files that it names.
#include "study/read_document.h"

#include <algorithm>

#include "config/document.h"
#include "config/values.h"
#include "study/read_sections.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

using config::element;

/// Adds the file name at `node` to `names`, which has each once. Whether it did.
bool add_name(const Node& node, std::vector<std::string>& names, Problems& problems) {
  const std::optional<std::string> name = read_json_name(node, problems);
  if (!name) return false;
  if (std::ranges::find(names, *name) != names.end()) {
    problems.add(node.pointer, shown(node.value) + " is named twice; name each file once");
    return false;
  }
  names.push_back(*name);
  return true;
}

std::vector<ConfigOf> read_configs(const Node& node, std::vector<std::string>& names,
                                   Problems& problems) {
  std::vector<ConfigOf> configs;
  if (!node.value.is_array() || node.value.empty())
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected a list of configs, such as [{\"file\": "
                                   "\"time.json\"}]");
  for (size_t i = 0; node.value.is_array() && i < node.value.size(); ++i) {
    const Node item = element(node, i);
    if (!check_object(item, {"file", "quick"}, problems)) continue;
    need_keys(item, {"file"}, problems);
    const auto file = member(item, "file");
    if (!file || !add_name(*file, names, problems)) continue;
    configs.push_back({names.back()});
    if (const auto quick = member(item, "quick"))
      configs.back().quick = read_texts(*quick, problems);
  }
  return configs;
}

std::vector<PublishedTable> read_table_names(const Node& node, std::vector<std::string>& names,
                                             Problems& problems) {
  std::vector<PublishedTable> tables;
  if (!node.value.is_array())
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of file names");
  for (size_t i = 0; node.value.is_array() && i < node.value.size(); ++i)
    if (add_name(element(node, i), names, problems)) tables.emplace_back().file = names.back();
  return tables;
}

bool uses_table(const Section& section, const std::string& table) {
  return std::ranges::any_of(section.shows,
                             [&](const Exhibit& exhibit) {
                               const auto* const shown_table = std::get_if<TableOf>(&exhibit);
                               return shown_table != nullptr && shown_table->table == table;
                             }) ||
         std::ranges::any_of(section.claims, [&](const Claim& claim) {
           const auto* const rule = std::get_if<AsPublished>(&claim.rule);
           return rule != nullptr && rule->table == table;
         });
}

/// Each file that is named must be of use.
void check_use(const Study& study, Problems& problems) {
  for (size_t i = 0; i < study.configs.size(); ++i)
    if (std::ranges::find(study.sections, study.configs[i].file, &Section::config) ==
        study.sections.end())
      problems.add("/configs/" + std::to_string(i),
                   "no section has " + study.configs[i].file +
                       " as its 'config'; name it in one, or leave it out here");
  for (size_t i = 0; i < study.tables.size(); ++i)
    if (std::ranges::none_of(study.sections, [&](const Section& section) {
          return uses_table(section, study.tables[i].file);
        }))
      problems.add("/tables/" + std::to_string(i),
                   "no section shows " + study.tables[i].file +
                       " or has a claim on it; name it in one, or leave it out here");
}

/// A run records what its variants see of one sentence.
void assign_sentences(Study& study, Problems& problems) {
  for (const Section& section : study.sections)
    for (const Exhibit& exhibit : section.shows) {
      const auto* const shown_one = std::get_if<SentenceOf>(&exhibit);
      const auto config = std::ranges::find(study.configs, section.config, &ConfigOf::file);
      if (shown_one == nullptr || config == study.configs.end()) continue;
      if (config->sentence.empty()) config->sentence = shown_one->text;
      if (config->sentence != shown_one->text)
        problems.add(shown_one->pointer + "/sentence",
                     "is another sentence than \"" + config::printable(config->sentence) + "\"" +
                         ", which is shown of " + config->file +
                         ", too; a run has one: show the other one of another config");
    }
}

}  // namespace

Study parse_study(const std::string& text, const std::string& file, Problems& problems) {
  const Json document = config::parse_document(text, file, problems);
  const Node root{document, ""};
  Study study;
  if (!check_object(
          root,
          {"$schema", "name", "title", "introduction", "limits", "configs", "tables", "sections"},
          problems))
    return study;
  need_keys(root, {"name", "title", "configs", "sections"}, problems);
  if (const auto schema = member(root, "$schema")) config::read_string(*schema, problems);
  if (const auto name = member(root, "name")) study.name = config::read_name(*name, problems);
  study.title = read_text_of(root, "title", problems);
  study.introduction = read_text_of(root, "introduction", problems);
  if (const auto limits = member(root, "limits")) study.limits = read_texts(*limits, problems);

  FileNames names;
  if (const auto configs = member(root, "configs"))
    study.configs = read_configs(*configs, names.configs, problems);
  if (const auto tables = member(root, "tables"))
    study.tables = read_table_names(*tables, names.tables, problems);
  if (const auto sections = member(root, "sections"))
    study.sections = read_sections(*sections, names, problems);
  assign_sentences(study, problems);
  // What has a problem may be the use.
  if (problems.empty()) check_use(study, problems);
  return study;
}

}  // namespace attnbench::study
