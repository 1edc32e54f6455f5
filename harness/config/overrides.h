// Overrides from the command line, applied to a document before anybody validates it.
#pragma once

#include <string>
#include <vector>

#include "config/problems.h"

namespace attnbench::config {

/// Applies "path.to.field=JSON" texts in order. A path creates the objects that it lacks; list
/// elements are named by their index and must exist.
void apply_overrides(Json& document, const std::vector<std::string>& overrides, Problems& problems);

}  // namespace attnbench::config
