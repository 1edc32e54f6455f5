// Reads lists of integers. Errors name the line of a file, or the position in a string.
#include "config/lists.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>

#include "config/values.h"
#include "record/format.h"

namespace attnbench::config {
namespace {

constexpr size_t kMostFileBytes = size_t{4} << 20;
/// Of one list: a wrong file would otherwise hide all other problems of the config.
constexpr int kMostComplaints = 3;

std::string expectation(const Param& param) {
  return std::string(param.name) + " holds integers from " + std::to_string(param.min) + " to " +
         std::to_string(param.max);
}

bool separates(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',';
}

std::optional<int64_t> integer_of(std::string_view word) {
  int64_t value = 0;
  const auto [after, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || after != word.data() + word.size()) return std::nullopt;
  return value;
}

/// A line of a list that holds values, from 1.
struct Line {
  size_t number;
  size_t values;
};

/// Why these lines are no square matrix with one row a line, or all rows in one line; empty if they
/// are one.
std::string not_square(const std::vector<Line>& lines, const std::string& place_of_line,
                       const std::string& place, const Param& param) {
  const Line& first = lines.front();
  for (const Line& line : lines)
    if (line.values != first.values)
      return place_of_line + std::to_string(line.number) + ": has " +
             record::plural(line.values, "value") + ", line " + std::to_string(first.number) +
             " has " + std::to_string(first.values) + "; each line is a row of " + param.name;
  const auto side = static_cast<size_t>(std::sqrt(static_cast<double>(first.values)));
  if (lines.size() == 1 ? side * side == first.values : lines.size() == first.values) return {};
  return place + "has " + record::plural(lines.size(), "line") + " of " +
         record::plural(first.values, "value") + "; " + param.name +
         " is a square matrix: one row a line, or all rows in one line";
}

/// The values of `text`, which was read from `file`, or stands in the config if `file` is empty.
std::vector<int64_t> parse_list(std::string_view text, const Param& param, const std::string& file,
                                const std::string& pointer, Problems& problems) {
  std::vector<int64_t> values;
  int complaints = 0;
  const std::string in_file = file.empty() ? std::string() : file + ": ";
  const auto complain = [&](const std::string& what) {
    if (++complaints <= kMostComplaints) problems.add(pointer, what);
  };
  size_t line = 1;
  std::vector<Line> lines;
  for (size_t at = 0; at < text.size() && complaints < kMostComplaints;) {
    if (separates(text[at])) {
      line += text[at++] == '\n' ? 1 : 0;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && !separates(text[at])) ++at;
    const std::string_view word = text.substr(begin, at - begin);
    const std::optional<int64_t> value = integer_of(word);
    if (!value || *value < param.min || *value > param.max)
      complain((file.empty() ? "its value " + std::to_string(values.size() + 1)
                             : file + ":" + std::to_string(line)) +
               ": is " + shown(Json(word.substr(0, 40))) + "; " + expectation(param));
    values.push_back(value.value_or(param.min));
    if (lines.empty() || lines.back().number != line) lines.push_back({line, 0});
    ++lines.back().values;
  }
  if (values.empty()) complain(in_file + "holds no integer; " + expectation(param));
  if (values.size() > kMostListValues)
    complain(in_file + "holds " + std::to_string(values.size()) + " values; at most " +
             std::to_string(kMostListValues));
  if (param.is_square && complaints == 0)
    if (const std::string why =
            not_square(lines, file.empty() ? "its line " : file + ":", in_file, param);
        !why.empty())
      complain(why);
  return values;
}

/// The text of a file in the config's folder or below; nothing if there is a problem.
std::optional<std::string> read_list_file(const Node& node, const std::filesystem::path& folder,
                                          Problems& problems) {
  const std::optional<std::filesystem::path> file = read_file_name(node, folder, problems);
  if (!file) return std::nullopt;
  const auto refuse = [&](const std::string& what) {
    problems.add(node.pointer, shown(node.value) + what);
    return std::nullopt;
  };
  std::ifstream in(*file, std::ios::binary);
  std::string text(kMostFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return refuse(" cannot be read");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMostFileBytes) return refuse(" is larger than 4 MiB");
  return text;
}

}  // namespace

std::shared_ptr<const std::vector<int64_t>> read_list_param(const Node& node, const Param& param,
                                                            const std::filesystem::path& folder,
                                                            Problems& problems) {
  std::vector<int64_t> values;
  if (node.value.is_number()) {
    values.push_back(read_integer(node, {param.name, param.min, param.max}, problems).value_or(0));
  } else if (node.value.is_string()) {
    values = parse_list(node.value.get<std::string>(), param, "", node.pointer, problems);
  } else if (node.value.is_object() && node.value.size() == 1 && node.value.contains("file")) {
    const Node file{node.value["file"], join_pointer(node.pointer, "file")};
    const std::optional<std::string> text = read_list_file(file, folder, problems);
    if (!text) return nullptr;
    values =
        parse_list(*text, param, printable(file.value.get<std::string>()), file.pointer, problems);
  } else {
    problems.add(node.pointer, "is " + shown(node.value) + "; " + expectation(param) +
                                   ": a string of them such as \"" + std::to_string(param.min) +
                                   " " + std::to_string(param.max) +
                                   "\", or {\"file\": NAME} with a file in the config's folder");
    return nullptr;
  }
  return std::make_shared<const std::vector<int64_t>>(std::move(values));
}

std::string list_text(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) {
    if (!text.empty()) text += ' ';
    text += std::to_string(value);
  }
  return text;
}

}  // namespace attnbench::config
