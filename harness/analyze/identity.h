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
using Identity =
    std::tuple<std::string, std::vector<std::pair<std::string, int64_t>>, Problem, int>;

inline Identity identity(const record::Case& c) {
  return {c.variant, c.params, c.problem, c.threads};
}

}  // namespace attnbench::analyze
