// Overrides from the command line, which are applied to a document before it is checked.
#pragma once

#include <string>
#include <vector>

#include "config/problems.h"

namespace attnbench::config {

/// Applies "path.to.field=JSON" texts in order. Objects of a path that do not exist are created. An
/// index, from 0, names an element of a list, which must exist.
void apply_overrides(Json& document, const std::vector<std::string>& overrides, Problems& problems);

}  // namespace attnbench::config
