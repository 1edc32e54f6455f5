// What to change if no case of a run could be timed.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// Printable words on why a run timed nothing and what would help. Empty if a case is ok or still
/// pending, and for a shard, because other shards may hold the cases that can be timed.
std::string nothing_timed_words(const record::Run& run);

}  // namespace attnbench::report
