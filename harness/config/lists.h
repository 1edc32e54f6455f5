// Params that are lists of integers, which a config holds or takes from a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attnbench/variant.h"
#include "config/problems.h"

namespace attnbench::config {

/// The longest list that a config may give: a mask of 512 x 512.
inline constexpr size_t kMostListValues = size_t{1} << 18;

/// Reads an integer, a string of integers, or {"file": NAME} with a file in `folder` or below that
/// holds such a string. White space or commas separate the integers. A square param has one row a
/// line, or all rows in one line. Null if there is a problem.
std::shared_ptr<const std::vector<int64_t>> read_list_param(const Node& node, const Param& param,
                                                            const std::filesystem::path& folder,
                                                            Problems& problems);

/// The integers of a list as one line, which read_list_param reads.
std::string list_text(const std::vector<int64_t>& values);

}  // namespace attnbench::config
