// A small registry for plan tests. Each variant has a pattern that is hard to count in a way of its
// own.
#pragma once

#include "registry/registry.h"

namespace attnbench::plan::testing {

/// "full" (workspace: all scores), "window" (params left, right; 64 bytes a
/// thread; every type), "scattered"
/// (overlapping spans of mixed steps; refuses head_dim above 64).
const registry::Catalogue& catalogue();

}  // namespace attnbench::plan::testing
