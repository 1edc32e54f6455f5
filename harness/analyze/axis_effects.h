// What an axis with names, such as pages or cache, changes of the time.
#pragma once

#include <vector>

#include "analyze/analysis.h"
#include "analyze/pairs.h"

namespace attnbench::analyze {

/// Finds, for each series whose value of such an axis is not the standard one, the series that
/// differs in nothing else and has the standard value, and compares the two at the largest length
/// that both have timed.
std::vector<AxisEffect> find_axis_effects(const record::Run& run, const Analysis& analysis,
                                          const DrawsOf& draws_of);

}  // namespace attnbench::analyze
