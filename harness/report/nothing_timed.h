// What to change where no case of a run could be timed.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// Why a whole run timed nothing and what would help; empty where a case is ok or may still become
/// so, and for a shard, whose neighbours may hold all that can be timed. Printable.
std::string nothing_timed_words(const record::Run& run);

}  // namespace attnbench::report
