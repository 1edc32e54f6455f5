// A small registry for config tests: one variant with params, one without.
#pragma once

#include "registry/registry.h"

namespace attnbench::config::testing {

/// Variants "full" (no params) and "window" (left from -1, default 256; right from -1, default 0).
const registry::Catalogue& catalogue();

}  // namespace attnbench::config::testing
