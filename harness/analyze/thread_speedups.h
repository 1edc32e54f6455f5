// How much faster a case is with more threads.
#pragma once

#include <functional>
#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// Fills the speed-up of each timed case over the case that differs from it only in the number of
/// threads and has the fewest of them. `draws_of` returns the resampled medians of a case by its
/// index into Run::cases; there is no interval if either case has fewer than kFewestSamples.
void add_thread_speedups(Analysis& analysis, const record::Run& run,
                         const std::function<std::vector<double>(int)>& draws_of);

}  // namespace attnbench::analyze
