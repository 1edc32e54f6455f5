// Whether two sets of samples differ: Mann and Whitney's test, and Holm's correction for many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace attnbench::analyze {

/// Two-sided p-value of Mann and Whitney 1947, that one side tends to larger values. Exact, ties
/// included, up to kExactSamples in all; beyond by the normal approximation. Both sides non-empty.
double mann_whitney_p(std::span<const double> a, std::span<const double> b);

inline constexpr size_t kExactSamples = 60;

/// The smallest p-value that so many samples can give: 2 over the number of ways to divide them.
double smallest_p(size_t a_count, size_t b_count);

/// Holm 1979: p-values as large as they must be for all of them to hold at once; same order.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace attnbench::analyze
