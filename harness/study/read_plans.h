// Tries what a study says of its configs against the planned cases.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/problems.h"
#include "record/record.h"
#include "registry/registry.h"
#include "study/study.h"

namespace attnbench::study {

/// A config with what it would measure. Holds pointers into itself: moved, never copied.
struct Planned {
  std::string file;
  config::Config config;
  std::vector<record::Case> cases;
  std::vector<const record::Case*> series;  ///< The first case of each.

  Planned() = default;
  Planned(Planned&&) = default;
  Planned& operator=(Planned&&) = default;
};

/// Knows all names and lengths, but not what fits the memory.
Planned plan_config(std::string file, config::Config config, const registry::Catalogue& catalogue);

/// Tries that each pick of the section names one series, and that its lengths, distances, axes and
/// params are those of the config. With `any_length` lengths may be missing.
void check_section(const Section& section, const Planned& planned, bool any_length,
                   config::Problems& problems);

/// The same for the rows of a table that stands beside the config's numbers.
void check_table(const PublishedTable& table, const Planned& planned, config::Problems& problems);

}  // namespace attnbench::study
