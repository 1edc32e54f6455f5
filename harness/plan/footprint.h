// What a call needs in memory, by declaration: nothing is allocated or run.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/variant.h"

namespace attnbench::plan {

struct Footprint {
  Count input_bytes;  ///< q, k and v.
  Count output_bytes;
  Count workspace_bytes;

  Count total_bytes() const { return input_bytes + output_bytes + workspace_bytes; }
};

Footprint footprint(const Variant& variant, const Call& call);

/// Why `need` does not fit `limit_bytes`, with the sum; empty where it fits.
std::string memory_reason(const Footprint& need, int64_t limit_bytes);

/// The largest kv_len of this call (and q_len, where that follows) that the variant can do and that
/// fits `limit_bytes`: 0 where not even 1 does, at most 2^32. Assumes that what is too long stays
/// too long.
int64_t largest_fit(const Variant& variant, Call call, bool q_len_follows, int64_t limit_bytes);

}  // namespace attnbench::plan
