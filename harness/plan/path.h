// How many layers information needs from the farthest position of a sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attnbench/variant.h"

namespace attnbench::plan {

/// The longest path between two positions, as in table 1 of Vaswani et al. 2017.
struct Path {
  std::optional<int64_t> layers;
  std::string reason;    ///< Why there is no number: record::kNever, or why none was counted.
  std::string gap = {};  ///< If kNever: "position 512 does not reach the first query".
};

/// How many layers of this variant carry information from each other position to the last query,
/// counted for the position that needs most. If the problem is not causal, information must reach
/// the first query as well, and the worse of the two counts. Needs q_len = kv_len.
///
/// Takes time up to one call of visible_keys for each query and end, and gives up beyond 2^24
/// queries or 2^26 steps.
Path longest_path(const Exact& variant, const Call& call);

}  // namespace attnbench::plan
