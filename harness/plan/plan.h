// Config x registry to a list of cases. Pure: knows no clock, environment or filesystem.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

struct Plan {
  std::vector<record::Case> cases;  ///< Ids are positions; skipped ones carry outcome and reason.
  std::vector<record::LargestFit> largest_fits;
};

/// Every case of the sweep, with its exact counts and memory. Skipped, with the reason: heads not a
/// multiple of kv_heads, what the variant does not support, what exceeds memory_limit_bytes (the
/// sum is in the reason), and what needs 2^63 FLOPs or more. Within a series cases ascend in
/// seq_len. Counts and bytes saturate (see Count); what memory_limit_bytes skips has no counts
/// above 2^24 queries. largest_fits holds the series of which at least one case can be done,
/// whatever its memory.
Plan make_plan(const config::Config& config, const registry::Catalogue& catalogue,
               int64_t memory_limit_bytes);

/// Gives cases that were read from a record the lists of their params, which its config alone
/// holds.
void restore_lists(const config::Config& config, std::vector<record::CaseRecord>& cases);

/// Exact counts of one (batch, head): pairs attended, and distinct keys seen by any query.
struct Work {
  int64_t pairs = 0;
  int64_t distinct_keys = 0;
};
Work count_work(const Variant& variant, const Call& call);

}  // namespace attnbench::plan
