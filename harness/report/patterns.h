// The pattern of a variant in words: what its picture shows, and how many pairs the pattern leaves
// out.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// "window left=64, causal".
std::string pattern_name(const record::Run& run, const record::Pattern& pattern);

/// Three subjects in this order: length and params, pairs and density, FLOPs.
std::vector<std::string> pattern_lines(const record::Run& run, const record::Pattern& pattern);

/// "No pattern of topk k=64: the data decide ..."; variants that have one reason share a line.
std::vector<std::string> undrawn_lines(const record::Run& run);

/// "7 further patterns are not drawn."; empty if all of the run's patterns are drawn.
std::string more_patterns_words(const record::Run& run);

}  // namespace attnbench::report
