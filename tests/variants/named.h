// Variants of this program by their names.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "registry/registry.h"

namespace attnbench {

inline const registry::Entry& entry_named(std::string_view name) {
  static const registry::Catalogue catalogue = registry::built_in();
  const registry::Entry* const entry = catalogue.find(name);
  if (entry == nullptr) throw std::invalid_argument("no variant is named " + std::string(name));
  return *entry;
}

/// One that is exact.
inline const Exact& variant_named(std::string_view name) {
  const Exact* const exact = entry_named(name).variant->exact();
  if (exact == nullptr) throw std::invalid_argument(std::string(name) + " is not exact");
  return *exact;
}

}  // namespace attnbench
