// One variant and its params from the command line.
#pragma once

#include <string>
#include <vector>

#include "config/variations.h"

namespace attnbench::config {

/// Variant `name` with `params` such as "left=2"; the other params have their defaults. Throws
/// ConfigError with the config reader's messages.
Variation read_variation(const std::string& name, const std::vector<std::string>& params,
                         const registry::Catalogue& catalogue);

}  // namespace attnbench::config
