// Tests whether two sets of samples differ: Mann and Whitney's test, and Holm's correction for
// many tests.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace attnbench::analyze {

/// Two-sided p-value of the test of Mann and Whitney (1947) whether one side tends to larger
/// values. It is exact, ties included, up to kExactSamples samples in total, and beyond that a
/// normal approximation. Neither side is empty.
double mann_whitney_p(std::span<const double> a, std::span<const double> b);

inline constexpr size_t kExactSamples = 60;

/// The smallest p-value that samples of these sizes can give: 2 over the number of ways to divide
/// them.
double smallest_p(size_t a_count, size_t b_count);

/// p-values adjusted by Holm (1979) so that all of them hold at once, in the same order.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace attnbench::analyze
