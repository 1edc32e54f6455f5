// Reads typed values from a document with its own checks, as nlohmann's get() would silently wrap
// -5 and truncate 4.7.
#include "config/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "config/fields.h"
#include "config/ranges.h"

namespace attnbench::config {
namespace {

std::string expectation(const IntegerLimits& limits) {
  return limits.what + " is an integer from " + std::to_string(limits.min) + " to " +
         std::to_string(limits.max);
}

std::vector<int64_t> read_list(const Node& node, const IntegerLimits& limits, Problems& problems) {
  if (node.value.empty()) problems.add(node.pointer, "is an empty list; give at least one value");
  std::vector<int64_t> values;
  std::set<int64_t> seen;
  for (size_t i = 0; i < node.value.size(); ++i) {
    const Node item = element(node, i);
    const std::optional<int64_t> value = read_integer(item, limits, problems);
    if (!value) continue;
    if (!seen.insert(*value).second)
      problems.add(item.pointer, std::to_string(*value) + " is twice in this list");
    values.push_back(*value);
  }
  return values;
}

/// One scalar, or a non-empty list of scalars without duplicates. `read` returns nothing for a
/// value that is not as `wanted_item` says.
template <class T, class Read>
std::vector<T> read_scalars(const Node& node, const std::string& wanted, const Read& read,
                            const std::string& wanted_item, Problems& problems) {
  if (const std::optional<T> value = read(node.value)) return {*value};
  std::vector<T> values;
  const bool is_list = node.value.is_array() && !node.value.empty();
  for (size_t i = 0; is_list && i < node.value.size(); ++i) {
    const Node item = element(node, i);
    const std::optional<T> value = read(item.value);
    if (!value)
      problems.add(item.pointer, "is " + shown(item.value) + "; " + wanted_item);
    else if (std::find(values.begin(), values.end(), *value) != values.end())
      problems.add(item.pointer, shown(item.value) + " is twice in this list");
    else
      values.push_back(*value);
  }
  if (!is_list) problems.add(node.pointer, "is " + shown(node.value) + "; " + wanted);
  return values;
}

/// The bytes that a text such as "4 GiB" names; nothing if it names none.
std::optional<double> parse_memory(const std::string& text) {
  double number = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [after, error] = std::from_chars(begin, end, number, std::chars_format::fixed);
  if (error != std::errc() || text.front() == '-' || after[-1] == '.' || text.front() == '.')
    return std::nullopt;
  std::string_view unit(after, static_cast<size_t>(end - after));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  double size = 1;
  for (const char* name : {"B", "KiB", "MiB", "GiB", "TiB"}) {
    if (unit == name) return std::floor(number * size);
    size *= 1024;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> read_integer(const Node& node, const IntegerLimits& limits,
                                    Problems& problems) {
  const Json& value = node.value;
  if (!value.is_number()) {
    problems.add(node.pointer, "is " + shown(value) + "; " + expectation(limits));
    return std::nullopt;
  }
  if (value.is_number_float()) {  // Integers beyond 64 bits are floats too.
    const bool written_as_float = std::fabs(value.get<double>()) < 0x1p63;
    problems.add(node.pointer,
                 shown(value) + (written_as_float ? " is not an integer; " : " is out of range; ") +
                     expectation(limits));
    return std::nullopt;
  }
  const bool beyond_int64 =
      value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (beyond_int64 || value.get<int64_t>() < limits.min || value.get<int64_t>() > limits.max) {
    problems.add(node.pointer, shown(value) + " is out of range; " + expectation(limits));
    return std::nullopt;
  }
  return value.get<int64_t>();
}

std::optional<double> read_positive(const Node& node, const std::string& what, double max,
                                    Problems& problems) {
  if (node.value.is_number()) {
    const double value = node.value.get<double>();
    if (value > 0 && value <= max) return value;
  }
  problems.add(node.pointer, "is " + shown(node.value) + "; " + what +
                                 " is a number above 0 and at most " + shown(Json(max)));
  return std::nullopt;
}

std::optional<std::string> read_string(const Node& node, Problems& problems) {
  if (node.value.is_string()) return node.value.get<std::string>();
  problems.add(node.pointer, "is " + shown(node.value) + "; expected a string");
  return std::nullopt;
}

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMostNameLength && name.front() != '.' &&
         name.front() != '-' && std::all_of(name.begin(), name.end(), plain);
}

std::string read_name(const Node& node, Problems& problems) {
  const std::string name = read_string(node, problems).value_or("");
  if (!node.value.is_string() || is_plain_name(name)) return name;
  problems.add(node.pointer, shown(node.value) +
                                 " is no plain folder name; use up to 100 letters, digits, '.', "
                                 "'_' and '-', not beginning with '.' or '-'");
  return {};
}

std::optional<std::filesystem::path> read_file_name(const Node& node,
                                                    const std::filesystem::path& folder,
                                                    Problems& problems) {
  const std::optional<std::string> name = read_string(node, problems);
  if (!name) return std::nullopt;
  const auto refuse = [&](const std::string& what) {
    problems.add(node.pointer, shown(node.value) + what);
    return std::nullopt;
  };
  const std::filesystem::path path(*name);
  bool leaves = name->empty() || path.is_absolute();
  for (const std::filesystem::path& part : path) leaves = leaves || part == "..";
  if (leaves || name->find('\0') != std::string::npos)
    return refuse(" leaves the config's folder; name a file in it or below");
  std::error_code error;
  const std::filesystem::path file = folder / path;
  if (!std::filesystem::exists(file, error))
    return refuse(": there is no such file in the config's folder");
  if (!std::filesystem::is_regular_file(file, error)) return refuse(" is not a file");
  return std::filesystem::absolute(file);
}

std::vector<int64_t> read_values(const Node& node, const IntegerLimits& limits, int64_t& budget,
                                 Problems& problems) {
  if (node.value.is_object()) return read_range(node, limits, budget, problems);
  if (node.value.is_array()) return read_list(node, limits, problems);
  if (!node.value.is_number()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; " + expectation(limits) +
                                   ", a list of them, or a range with from, to and factor or step");
    return {};
  }
  const std::optional<int64_t> value = read_integer(node, limits, problems);
  return value ? std::vector<int64_t>{*value} : std::vector<int64_t>{};
}

std::vector<double> read_numbers(const Node& node, const std::string& what, double min, double max,
                                 Problems& problems) {
  const std::string wanted =
      what + " is 0 or a number from " + shown(Json(min)) + " to " + shown(Json(max));
  return read_scalars<double>(
      node, wanted + ", or a list of them",
      [&](const Json& value) -> std::optional<double> {
        if (!value.is_number()) return std::nullopt;
        const double number = value.get<double>();
        return number == 0 || (number >= min && number <= max) ? std::optional(number)
                                                               : std::nullopt;
      },
      wanted, problems);
}

std::vector<bool> read_booleans(const Node& node, Problems& problems) {
  return read_scalars<bool>(
      node, "expected true, false or a list of them",
      [](const Json& value) {
        return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
      },
      "expected true or false", problems);
}

std::vector<int64_t> read_names(const Node& node, const std::string& what,
                                const std::vector<std::string>& names, Problems& problems) {
  const std::string wanted = what + " is one of: " + join(names, ", ");
  return read_scalars<int64_t>(
      node, wanted + "; or a list of them",
      [&](const Json& value) -> std::optional<int64_t> {
        const auto it = std::find(names.begin(), names.end(), value);
        return it == names.end() ? std::nullopt : std::optional<int64_t>(it - names.begin());
      },
      wanted, problems);
}

std::optional<int64_t> read_memory(const Node& node, Problems& problems) {
  if (node.value.is_number())
    return read_integer(node, {"memory_limit", 1, std::numeric_limits<int64_t>::max()}, problems);
  if (node.value.is_string()) {
    const std::optional<double> bytes = parse_memory(node.value.get<std::string>());
    if (bytes && *bytes >= 1 && *bytes < 0x1p63) return static_cast<int64_t>(*bytes);
  }
  problems.add(node.pointer, "is " + shown(node.value) +
                                 "; memory_limit is a number of bytes, a string such as \"4 GiB\" "
                                 "(units: B, KiB, MiB, GiB, TiB), or null");
  return std::nullopt;
}

}  // namespace attnbench::config
