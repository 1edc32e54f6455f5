// Gathers problems, and words what they have in common.
#include "config/problems.h"

#include <algorithm>
#include <numeric>

#include "config/config.h"

namespace attnbench::config {
namespace {

// A hostile file has a hundred thousand problems, or a key of a megabyte.
constexpr size_t kMostProblems = 1000;
constexpr size_t kMostShownOfKey = 200;

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

bool at_or_below(std::string_view pointer, std::string_view root) {
  return pointer.starts_with(root) &&
         (pointer.size() == root.size() || pointer[root.size()] == '/');
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(join(problems, "\n")), problems_(std::move(problems)) {}

std::string join_pointer(const std::string& pointer, std::string_view key) {
  std::string joined = pointer + '/';
  for (const char c : key.substr(0, kMostShownOfKey)) {
    if (c == '~')
      joined += "~0";
    else if (c == '/')
      joined += "~1";
    else
      joined += c;
  }
  return joined;
}

Node element(const Node& array, size_t index) {
  return {array.value[index], join_pointer(array.pointer, std::to_string(index))};
}

std::optional<Node> member(const Node& object, const char* key) {
  const auto it = object.value.find(key);
  if (it == object.value.end()) return std::nullopt;
  return Node{*it, join_pointer(object.pointer, key)};
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) text.replace(57, std::string::npos, "...");
  return text;
}

std::string printable(std::string_view text) {
  std::string clean(text);
  for (size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const auto next = static_cast<unsigned char>(i + 1 < clean.size() ? clean[i + 1] : 0);
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F in UTF-8
    if (c1) clean.erase(i + 1, 1);
    if (c1 || byte < 0x20 || byte == 0x7F) clean[i] = '?';
  }
  return clean;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += separator;
    text += words[i];
  }
  return text;
}

void Problems::blame_override(std::string pointer, std::string text) {
  overrides_.emplace_back(std::move(pointer), std::move(text));
}

void Problems::add(const std::string& pointer, const std::string& what) {
  std::string source = file_;
  for (const auto& [root, text] : overrides_)
    if (at_or_below(pointer, root)) source = "--set " + text;
  add_line(source, pointer.empty() ? what : pointer + ": " + what);
}

void Problems::add_override(const std::string& text, const std::string& what) {
  add_line("--set " + text, what);
}

void Problems::add_line(const std::string& source, const std::string& what) {
  ++count_;
  if (problems_.size() < kMostProblems)
    problems_.push_back(printable(source + ": " + what));
  else if (problems_.size() == kMostProblems)
    problems_.push_back(printable(file_) + ": further problems are not listed");
}

void Problems::throw_if_any() const {
  if (!problems_.empty()) throw ConfigError(problems_);
}

bool check_object(const Node& node, const std::vector<std::string>& known, Problems& problems) {
  if (!node.value.is_object()) {
    problems.add(node.pointer,
                 "is " + shown(node.value) + "; expected an object with: " + join(known, ", "));
    return false;
  }
  for (const auto& item : node.value.items())
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      problems.add(join_pointer(node.pointer, item.key()),
                   "unknown key; known: " + join(known, ", ") + suggestion(item.key(), known));
  return true;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > 64) return {};
  size_t nearest =
      std::min<size_t>(3, word.size());  // at most two letters off, and not all of them
  std::string_view name;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < nearest) {
      nearest = distance;
      name = candidate;
    }
  }
  return name.empty() ? "" : "; did you mean '" + std::string(name) + "'?";
}

}  // namespace attnbench::config
