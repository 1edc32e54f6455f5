// Reasons why two sides cannot be compared, whatever their times are.
#pragma once

#include <span>
#include <vector>

#include "analyze/compare.h"
#include "record/record.h"

namespace attnbench::analyze {

/// Obstacles are a different machine, build or OpenMP setting in any of the runs, and cases that
/// `comparison` found in some of them only.
std::vector<Obstacle> find_obstacles(std::span<const record::Run> base,
                                     std::span<const record::Run> fresh,
                                     const Comparison& comparison);

}  // namespace attnbench::analyze
