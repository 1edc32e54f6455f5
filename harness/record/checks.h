// Adds checks up.
#pragma once

#include "record/record.h"

namespace attnbench::record {

/// Adds to `all` what was found out about other rows, or by another worker: the worst stands.
void merge(Check& all, const Check& more);

}  // namespace attnbench::record
