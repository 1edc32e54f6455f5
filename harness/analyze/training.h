// Puts the passes of a variant side by side: what training costs beside inference.
#pragma once

#include <vector>

#include "analyze/analysis.h"
#include "analyze/pairs.h"

namespace attnbench::analyze {

/// Needs the series and the cases' statistics.
std::vector<Training> find_training(const record::Run& run, const Analysis& analysis,
                                    const DrawsOf& draws_of);

}  // namespace attnbench::analyze
