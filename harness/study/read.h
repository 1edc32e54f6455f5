// Reads a study's folder, strictly: all errors of study.json, its tables and its configs at once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "registry/registry.h"
#include "study/study.h"

namespace attnbench::study {

inline constexpr char kStudyFile[] = "study.json";

/// Which form of the configs is read.
enum class Size { kFull, kQuick };

/// A study with its configs, resolved.
struct Ready {
  Study study;
  std::vector<config::Config> configs;  ///< Parallel to Study::configs.
  /// The files that `report` needs to derive the study's pages again, by name: study.json and the
  /// published tables, as they are.
  std::vector<std::pair<std::string, std::string>> files;
};

/// Reads `folder`/study.json with everything that it names, plans every config, and tries that each
/// Pick names exactly one series of its section's config, and a length that this measures. kQuick
/// applies the overrides of each config, takes no more rounds than an interval needs, and lets
/// lengths be missing. `sections` (--only) are ids; configs that none of them needs are left out,
/// with the other sections; empty for all. Throws config::ConfigError with every problem.
Ready read_study(const std::string& folder, Size size, const std::vector<std::string>& sections,
                 const registry::Catalogue& catalogue, int cores);

/// study.json and its tables alone, for a folder of results.
Study read_results(const std::string& folder);

/// The JSON Schema of study.json.
std::string study_schema_text();

}  // namespace attnbench::study
