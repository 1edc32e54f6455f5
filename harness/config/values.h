// Typed values from a document: numbers within limits, lists and ranges of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace attnbench::config {

struct IntegerLimits {
  std::string what;  ///< The name in messages, such as "seq_len".
  int64_t min = 0;
  int64_t max = 0;
};

/// Each of these functions reports what is wrong, and then returns nothing.
std::optional<int64_t> read_integer(const Node& node, const IntegerLimits& limits,
                                    Problems& problems);

/// A number above 0 and at most `max`.
std::optional<double> read_positive(const Node& node, const std::string& what, double max,
                                    Problems& problems);

std::optional<std::string> read_string(const Node& node, Problems& problems);

/// A string that names a folder or file on any system: up to 100 letters, digits, '.', '_' and '-',
/// not beginning with '.' or '-'. Empty if it does not.
std::string read_name(const Node& node, Problems& problems);
/// Whether read_name would take it.
bool is_plain_name(std::string_view name);

/// The absolute path of a file that the document names, in `folder` or below. The file exists.
std::optional<std::filesystem::path> read_file_name(const Node& node,
                                                    const std::filesystem::path& folder,
                                                    Problems& problems);

/// A scalar, a non-empty list without duplicates, {"from","to","factor"} or {"from","to","step"},
/// expanded. `budget` is how many more values the config may expand to.
std::vector<int64_t> read_values(const Node& node, const IntegerLimits& limits, int64_t& budget,
                                 Problems& problems);

/// A number, or a non-empty list of them without duplicates; each 0 or from `min` to `max`.
std::vector<double> read_numbers(const Node& node, const std::string& what, double min, double max,
                                 Problems& problems);

/// true, false, or a list of them.
std::vector<bool> read_booleans(const Node& node, Problems& problems);

/// One of `names`, or a non-empty list of them without duplicates; returns indices into `names`.
std::vector<int64_t> read_names(const Node& node, const std::string& what,
                                const std::vector<std::string>& names, Problems& problems);

/// Bytes, or a string such as "4 GiB".
std::optional<int64_t> read_memory(const Node& node, Problems& problems);

}  // namespace attnbench::config
