// Run-length encoding of a picture's counts: "16x3 0 7x2" is 16 16 16 0 7 7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attnbench::record {

/// Most counts that are read back: those of a square pattern.
inline constexpr size_t kMostCounts = size_t{1} << 12;

std::string run_lengths(const std::vector<int64_t>& counts);

/// Nothing if `text` is no such encoding, holds a count below 0, or more than kMostCounts.
std::optional<std::vector<int64_t>> counts_of(std::string_view text);

}  // namespace attnbench::record
