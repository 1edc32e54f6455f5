// A small registry for config tests, and the problems that the reader finds against it.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::config::testing {

/// Variants "full" (no params) and "window" (left from -1, default 256; right from -1, default 0).
const registry::Catalogue& catalogue();

/// The same, and "masked" (block from 1, default 64; mask, a list of integers from 0 to 9).
const registry::Catalogue& catalogue_with_list();

/// What is wrong with `text` as the config "bad.json"; empty if nothing is.
std::vector<std::string> problems_of(const std::string& text);

/// The same as one text, with a line for each problem.
std::string all_problems_of(const std::string& text);

}  // namespace attnbench::config::testing
