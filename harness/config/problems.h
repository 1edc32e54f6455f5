// Gathers everything that is wrong with a config, so that the user sees all of it at once.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attnbench::config {

using Json = nlohmann::json;

/// One value of a document and the JSON pointer that leads to it.
struct Node {
  const Json& value;
  std::string pointer;
};

/// `pointer` with one more step, escaped as RFC 6901 asks. Very long keys are cut.
std::string join_pointer(const std::string& pointer, std::string_view key);

Node element(const Node& array, size_t index);
/// Nothing if the object has no such key.
std::optional<Node> member(const Node& object, const char* key);

/// A value for an error message: a scalar in short ASCII, else "an object" or "a list".
std::string shown(const Json& value);

/// `text` without the control characters that would reach a terminal.
std::string printable(std::string_view text);

std::string join(const std::vector<std::string>& words, std::string_view separator);

/// Gathers problems as "file: /pointer: what is wrong; what would be right".
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  /// Problems at or below `pointer` name this override from now on.
  void blame_override(std::string pointer, std::string text);

  /// An empty pointer stands for the whole file.
  void add(const std::string& pointer, const std::string& what);
  void add_override(const std::string& text, const std::string& what);

  bool empty() const { return problems_.empty(); }
  size_t count() const { return count_; }  ///< Those that are not listed included.
  void throw_if_any() const;  ///< Throws ConfigError.

 private:
  void add_line(const std::string& source, const std::string& what);

  std::string file_;
  std::vector<std::pair<std::string, std::string>> overrides_;
  std::vector<std::string> problems_;
  size_t count_ = 0;
};

/// Whether `node` is an object. Reports it if not, and reports its unknown keys.
bool check_object(const Node& node, const std::vector<std::string>& known, Problems& problems);

/// "; did you mean 'left'?" if one of `known` is close to `word`, else empty.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace attnbench::config
