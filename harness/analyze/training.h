// Puts the passes of a variant side by side: what training costs beside inference.
#pragma once

#include <functional>
#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// Needs the series and the cases' statistics. `draws_of` gives the resampled medians of a case.
std::vector<Training> find_training(const record::Run& run, const Analysis& analysis,
                                    const std::function<std::vector<double>(int)>& draws_of);

}  // namespace attnbench::analyze
