// Params that are lists: integers in place or from a file, not swept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attnbench/variant.h"
#include "config/problems.h"

namespace attnbench::config {

/// What a config may give at most: a mask of 512 x 512.
inline constexpr size_t kMostListValues = size_t{1} << 18;

/// An integer, a string of integers, or {"file": NAME}, whose file in `folder` or below holds such
/// a string; white space or commas stand between them. A square param has a row a line, or all rows
/// in one line. Null where there is a problem.
std::shared_ptr<const std::vector<int64_t>> read_list_param(const Node& node, const Param& param,
                                                            const std::filesystem::path& folder,
                                                            Problems& problems);

/// The integers of a list as such a string.
std::string list_text(const std::vector<int64_t>& values);

}  // namespace attnbench::config
