// What an axis with names, such as pages or cache, changes of the time.
#pragma once

#include <functional>
#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// Finds, for each series whose value of such an axis is not the standard one, the series that
/// differs in nothing else and has the standard value, and compares the two at the largest length
/// that both have timed. `draws_of` returns the resampled medians of a case by its index into
/// Run::cases; there is no interval if either case has fewer than kFewestSamples.
std::vector<AxisEffect> find_axis_effects(const record::Run& run, const Analysis& analysis,
                                          const std::function<std::vector<double>(int)>& draws_of);

}  // namespace attnbench::analyze
