// Sorting by small numbers, such as buckets and clusters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace attnbench::kernels {

/// Writes the numbers of `count` items to `order`, by their groups, which are below `groups`; those
/// of a group ascend. Group g takes the places from starts[g] to starts[g + 1] - 1 in that order.
inline void sort_by_group(const int32_t* group_of, int64_t count, int64_t groups, int32_t* starts,
                          int32_t* order) {
  std::fill_n(starts, groups + 1, 0);
  for (int64_t i = 0; i < count; ++i) ++starts[group_of[i] + 1];
  std::partial_sum(starts, starts + groups + 1, starts);
  for (int64_t i = 0; i < count; ++i) order[starts[group_of[i]]++] = static_cast<int32_t>(i);
  std::copy_backward(starts, starts + groups, starts + groups + 1);
  starts[0] = 0;
}

}  // namespace attnbench::kernels
