// Config x registry to a list of cases. Pure: knows no clock, environment or filesystem.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

struct Plan {
  std::vector<record::Case> cases;  ///< The id of each is its position here.
  std::vector<record::LargestFit> largest_fits;
};

/// Every case of the sweep, with its exact counts and memory. A case is skipped, with the reason,
/// if heads is no multiple of kv_heads, if the file of its inputs holds fewer tokens or fewer
/// queries, if the variant does not support it, if it needs more than memory_limit_bytes (the
/// reason has the sum), or if it needs 2^63 FLOPs or more. Within a series cases ascend in seq_len.
/// Counts and bytes saturate (see Count). A case that is skipped for its memory and has more than
/// 2^24 queries is not counted. largest_fits has an entry for each series of which the variant
/// supports at least one case.
Plan make_plan(const config::Config& config, const registry::Catalogue& catalogue,
               int64_t memory_limit_bytes);

/// Gives cases that were read from a record what only the config holds: the lists of their params
/// and the sources of their inputs.
void restore_from_config(const config::Config& config, std::vector<record::CaseRecord>& cases);

/// Exact counts of one (batch, head): pairs attended, and distinct keys seen by any query.
struct Work {
  int64_t pairs = 0;
  int64_t distinct_keys = 0;
};
Work count_work(const Exact& variant, const Call& call);

}  // namespace attnbench::plan
