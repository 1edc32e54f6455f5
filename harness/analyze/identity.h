// What makes a case the same case in another run: not its position, not its label.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "record/record.h"

namespace attnbench::analyze {

/// Variant, params, problem and threads; ordered.
using Identity = std::tuple<std::string, std::vector<std::pair<std::string, int64_t>>, int64_t,
                            int64_t, int64_t, int64_t, int64_t, int64_t, bool, int>;

inline Identity identity(const record::Case& c) {
  const Problem& p = c.problem;
  return {c.variant, c.params, p.batch,    p.heads,  p.kv_heads,
          p.q_len,   p.kv_len, p.head_dim, p.causal, c.threads};
}

}  // namespace attnbench::analyze
