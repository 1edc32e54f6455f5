// One variant and its params as a command line names them, not a config.
#pragma once

#include <string>
#include <vector>

#include "config/variations.h"

namespace attnbench::config {

/// Variant `name` with `params` such as "left=2"; those that are not named take their defaults.
/// Throws ConfigError, in the words that the config reader has for the same mistakes.
Variation read_variation(const std::string& name, const std::vector<std::string>& params,
                         const registry::Catalogue& catalogue);

}  // namespace attnbench::config
