// A small registry for plan tests, each variant with a pattern that is hard to count in its own
// way.
#pragma once

#include "registry/registry.h"

namespace attnbench::plan::testing {

/// "full" (workspace: all scores), "window" (params left, right; 64 bytes a thread), "scattered"
/// (overlapping spans of mixed steps; refuses head_dim above 64).
const registry::Catalogue& catalogue();

}  // namespace attnbench::plan::testing
