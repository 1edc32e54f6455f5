// The digest that stands for a list among integer params.
#pragma once

#include <cstdint>
#include <vector>

namespace attnbench::registry {

/// From 1 to 2^48 - 1. Depends on the values and their order alone.
int64_t list_digest(const std::vector<int64_t>& values);

}  // namespace attnbench::registry
