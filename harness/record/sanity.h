// Whether a record can be: what its types cannot say.
#pragma once

#include "record/record.h"

namespace attnbench::record {

/// Throws RecordError, with the place, where fields contradict each other or cannot be: lengths
/// below 1, heads that kv_heads does not divide, samples of rounds that the run does not have. What
/// passes can be analyzed without a division by zero or an overflow.
void require_sane(const Run& run);

}  // namespace attnbench::record
