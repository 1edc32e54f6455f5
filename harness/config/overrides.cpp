// Applies overrides such as "sweep.seq_len=[512,1024]".
#include "config/overrides.h"

#include <charconv>

#include "config/parse.h"

namespace attnbench::config {
namespace {

/// The steps of a path; none if one of them is empty.
std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  while (true) {
    const size_t dot = path.find('.');
    if (dot == 0 || path.empty()) return {};
    steps.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

std::optional<size_t> index_of(const std::string& step, size_t size) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size() || index >= size)
    return std::nullopt;
  return index;
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

/// The value of an override. If it can't be used, that is a problem, and nothing is returned.
std::optional<Json> override_value(const std::string& text, const std::string& value,
                                   Problems& problems) {
  Parsed parsed = parse_json(value, Comments::kRefused);
  if (!parsed.syntax_error.empty()) {
    if (is_utf8(value)) return Json(value);
    problems.add_override(printable(text.substr(0, text.find('='))), "the value is not UTF-8");
    return std::nullopt;
  }
  for (const TextProblem& problem : parsed.problems)
    problems.add_override(
        text, problem.pointer.empty() ? problem.what : problem.pointer + ": " + problem.what);
  if (!parsed.problems.empty()) return std::nullopt;
  return std::move(parsed.value);
}

void apply_override(Json& document, const std::string& text, Problems& problems) {
  const size_t equals = text.find('=');
  const std::vector<std::string> path = split_path(std::string_view(text).substr(0, equals));
  if (equals == std::string::npos || path.empty() || path.size() > kMostNesting) {
    problems.add_override(text, "expected path.to.field=value, such as sweep.seq_len=[512,1024]");
    return;
  }
  std::optional<Json> value = override_value(text, text.substr(equals + 1), problems);
  if (!value) return;

  Json* node = &document;
  std::string pointer;
  std::string changed;  // The outermost place that this override made or replaced.
  for (const std::string& step : path) {
    if (node->is_array()) {
      const std::optional<size_t> index = index_of(step, node->size());
      if (!index) {
        problems.add_override(text, (pointer.empty() ? "the config" : pointer) + " is a list of " +
                                        std::to_string(node->size()) + " and has no element '" +
                                        step + "'");
        return;
      }
      node = &(*node)[*index];
    } else if (node->is_object()) {
      if (changed.empty() && !node->contains(step)) changed = join_pointer(pointer, step);
      node = &(*node)[step];
    } else {
      problems.add_override(text, pointer + " is " + shown(*node) + " and has no '" + step + "'");
      return;
    }
    pointer = join_pointer(pointer, step);
    if (node->is_null() && &step != &path.back()) *node = Json::object();
  }
  *node = std::move(*value);
  problems.blame_override(changed.empty() ? pointer : changed, text);
}

}  // namespace

void apply_overrides(Json& document, const std::vector<std::string>& overrides,
                     Problems& problems) {
  for (const std::string& text : overrides) apply_override(document, text, problems);
}

}  // namespace attnbench::config
