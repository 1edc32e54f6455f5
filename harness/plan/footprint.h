// How much memory a call needs, by what its variant declares: nothing is allocated or run.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"

namespace attnbench::plan {

struct Footprint {
  Count input_bytes;  ///< q, k, v, what the variant declares beside them, and weights.
  Count output_bytes;
  Count workspace_bytes;

  Count total_bytes() const { return input_bytes + output_bytes + workspace_bytes; }
};

/// What a call needs, with the products of `projections` before and after it, if that is not null.
Footprint footprint(const Variant& variant, const Variant* projections, const Call& call);

/// Why `need` does not fit `limit_bytes`, with the sum; empty if it fits.
std::string memory_reason(const Footprint& need, int64_t limit_bytes);

/// The largest kv_len of this call (and q_len, if that follows) that the variant can do and that
/// fits `limit_bytes`: at most kMaxLength, and 0 if not even 1 fits. Assumes that no length above
/// one that does not fit fits again.
int64_t largest_fit(const Variant& variant, const Variant* projections, Call call,
                    bool q_len_follows, int64_t limit_bytes);

}  // namespace attnbench::plan
