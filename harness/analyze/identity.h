// Identifies a case across runs: neither its position nor its label matters.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "record/axes.h"
#include "record/record.h"

namespace attnbench::analyze {

/// Variant, params and the value of every axis; ordered.
using Identity = std::tuple<std::string, std::vector<std::pair<std::string, int64_t>>,
                            std::vector<record::AxisValue>>;

inline Identity identity(const record::Case& c) {
  return {c.variant, c.params, record::values_of(c, record::any_axis)};
}

}  // namespace attnbench::analyze
