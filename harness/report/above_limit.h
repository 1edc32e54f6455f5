// Why a percentage of a limit is above 100.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// The highest percentage of its peak that a case can truly have. It is above 100 for an exact
/// variant in training: the product that computes the scores again is counted, and a variant that
/// kept its weights does without.
double most_percent_of_peak(const record::Case& plan);

/// " Or the variant kept its weights, ...": why a percentage of its peak may be above 100,
/// other than that the peak was measured too low. Empty if there is no other reason.
std::string fewer_operations_words(const record::Case& plan);

/// Why a percentage of a limit is not shown. `by_memory`: the limit is what the memory's bandwidth
/// sets, whatever operations are done.
std::string above_limit_words(const record::Case& plan, bool by_memory = false);

}  // namespace attnbench::report
