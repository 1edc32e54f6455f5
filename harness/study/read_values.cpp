// Values that every part of study.json is made of.
#include "study/read_values.h"

#include <algorithm>

#include "config/values.h"
#include "study/evidence.h"
#include "study/fields.h"

namespace attnbench::study {

std::optional<std::string> read_text(const Node& node, Problems& problems) {
  std::optional<std::string> text = config::read_string(node, problems);
  if (!text) return std::nullopt;
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    problems.add(node.pointer,
                 "is empty; write some words, or leave the key out if it may be absent");
    return std::nullopt;
  }
  if (config::printable(*text) == *text) return text;
  problems.add(node.pointer, "is " + shown(node.value) +
                                 ", which holds a line break or another control character; "
                                 "write plain words, and each paragraph as a string of its own");
  return std::nullopt;
}

std::vector<std::string> read_texts(const Node& node, Problems& problems) {
  std::vector<std::string> texts;
  if (!node.value.is_array() || node.value.empty()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; expected a list of strings");
    return texts;
  }
  for (size_t i = 0; i < node.value.size(); ++i)
    if (auto text = read_text(config::element(node, i), problems)) texts.push_back(*text);
  return texts;
}

std::string read_text_of(const Node& object, const char* key, Problems& problems) {
  const auto text = config::member(object, key);
  return text ? read_text(*text, problems).value_or("") : "";
}

void need_keys(const Node& object, const std::vector<std::string>& needed, Problems& problems) {
  for (const std::string& key : needed)
    if (!config::member(object, key.c_str())) problems.add(object.pointer, "needs '" + key + "'");
}

std::optional<std::string> read_choice(const Node& node, const std::string& what,
                                       const std::vector<std::string>& known, Problems& problems) {
  std::optional<std::string> name = config::read_string(node, problems);
  if (!name || std::find(known.begin(), known.end(), *name) != known.end()) return name;
  const std::string choice = known.empty() ? "there is none" : "there are: " + join(known, ", ");
  problems.add(node.pointer, "unknown " + what + " " + shown(node.value) + "; " + choice +
                                 config::suggestion(*name, known));
  return std::nullopt;
}

std::optional<double> read_number(const Node& node, const std::string& what, Problems& problems) {
  if (node.value.is_number()) return node.value.get<double>();
  problems.add(node.pointer, "is " + shown(node.value) + "; " + what + " is a number");
  return std::nullopt;
}

std::optional<std::string> read_json_name(const Node& node, Problems& problems) {
  std::optional<std::string> name = config::read_string(node, problems);
  if (!name) return std::nullopt;
  if (!config::is_plain_name(*name) || !name->ends_with(".json")) {
    problems.add(node.pointer, shown(node.value) +
                                   " is no plain name of a file in the study's folder, such as "
                                   "\"time.json\": letters, digits, '.', '_' and '-', and .json");
    return std::nullopt;
  }
  if (std::ranges::find(kTakenNames, *name) == std::end(kTakenNames)) return name;
  problems.add(node.pointer, shown(node.value) +
                                 " is taken by a file of every study; give this "
                                 "file another name");
  return std::nullopt;
}

std::optional<std::string> read_quantity(const Node& node, Problems& problems) {
  return read_choice(node, "quantity", quantity_names(), problems);
}

std::vector<std::string> quantity_names() {
  std::vector<std::string> names;
  for (const QuantityRow& row : quantity_rows()) names.push_back(row.name);
  return names;
}

}  // namespace attnbench::study
