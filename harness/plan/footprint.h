// How much memory a call needs, by what its variant declares: nothing is allocated or run.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"
#include "record/record.h"

namespace attnbench::plan {

/// What the calls of a case do, beside their problem.
struct Calls {
  const Variant& variant;
  const Variant* projections = nullptr;  ///< Does the products around attention; null for none.
  record::Pass pass = record::Pass::kForward;
};

/// Why such a call can't be done; empty if it can. Does not look at the projections.
std::string refusal(const Calls& calls, const Call& call);

/// The parts are those of record::Case.
struct Footprint {
  Count input_bytes, output_bytes, workspace_bytes, saved_bytes;

  Count total_bytes() const { return input_bytes + output_bytes + workspace_bytes + saved_bytes; }
};

Footprint footprint(const Calls& calls, const Call& call);

/// Why `need` does not fit `limit_bytes`, with the sum; empty if it fits.
std::string memory_reason(const Footprint& need, int64_t limit_bytes);

/// The largest kv_len of this call (and q_len, if that follows) that can be done and that fits
/// `limit_bytes`: at most kMaxLength, and 0 if not even 1 fits. Assumes that no length above
/// one that does not fit fits again.
int64_t largest_fit(const Calls& calls, Call call, bool q_len_follows, int64_t limit_bytes);

/// The largest batch of this call that can be done and that fits `limit_bytes`, with the lengths as
/// they are: at most kMaxBatch, and 0 if not even 1 fits. Assumes that no batch above one that does
/// not fit fits again.
int64_t largest_batch(const Calls& calls, Call call, int64_t limit_bytes);

}  // namespace attnbench::plan
