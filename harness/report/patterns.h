// The pattern of a variant in words: what its picture is of, and what it gives up.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// "window left=64, causal".
std::string pattern_name(const record::Run& run, const record::Pattern& pattern);

/// Length and params, then pairs and density, then FLOPs.
std::vector<std::string> pattern_lines(const record::Run& run, const record::Pattern& pattern);

/// How many of the run's patterns were left out: "7 further patterns are not drawn."; empty for
/// none.
std::string more_patterns_words(const record::Run& run);

}  // namespace attnbench::report
