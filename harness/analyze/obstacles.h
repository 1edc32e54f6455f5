// Reasons why two runs cannot be compared, whatever their times are.
#pragma once

#include <vector>

#include "analyze/compare.h"
#include "record/record.h"

namespace attnbench::analyze {

/// Obstacles are a different machine, build or OpenMP setting, and cases that `comparison` found in
/// one run only.
std::vector<Obstacle> find_obstacles(const record::Run& base, const record::Run& fresh,
                                     const Comparison& comparison);

}  // namespace attnbench::analyze
