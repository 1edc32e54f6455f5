// The keys that the problem itself lets a query see, before any pattern narrows them.
#pragma once

#include <algorithm>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// Every key, or under causal those up to the query's aligned position. Empty where there is none.
inline KeySpan allowed_keys(const Problem& p, int64_t query) {
  if (!p.causal) return {0, p.kv_len};
  return {0, std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len)};
}

}  // namespace attnbench::kernels
