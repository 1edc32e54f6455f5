// What is lost in the median over seeds, for variants that draw at random.
#pragma once

#include <string>
#include <vector>

#include "analyze/losses.h"
#include "record/record.h"

namespace attnbench::report {

/// A table with a row for each length and each set of series that differ in the param `seed` alone:
/// medians over the seeds of the relative error and of the time, each with its range. Empty if
/// there are no two such series.
std::string seed_table_md(const record::Run& run, const analyze::Analysis& analysis,
                          const std::vector<analyze::LossesAtSize>& sizes);

}  // namespace attnbench::report
