// How much faster a case is with more threads.
#pragma once

#include "analyze/analysis.h"
#include "analyze/pairs.h"

namespace attnbench::analyze {

/// Fills the speed-up of each timed case over the case that differs from it only in the number of
/// threads and has the fewest of them.
void add_thread_speedups(Analysis& analysis, const record::Run& run, const DrawsOf& draws_of);

}  // namespace attnbench::analyze
