// Reads a config: text to document, overrides, sections, and what only the whole can tell.
#include "config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <set>

#include "config/document.h"
#include "config/fields.h"
#include "config/overrides.h"
#include "config/sections.h"
#include "config/values.h"
#include "config/variations.h"

namespace attnbench::config {
namespace {

/// The cartesian product must be affordable, and every series must have a label of its own.
void check_whole(const Config& config, const registry::Catalogue& catalogue, Problems& problems) {
  double cases = count_variations(config);
  for (const record::Axis* axis : swept_axes())  // An empty axis follows another one.
    cases *= static_cast<double>(std::max<size_t>(1, config.sweep[*axis].size()));
  if (cases > static_cast<double>(kMostCases)) {
    problems.add("/sweep", "the product of all axes and params has " + shown(Json(cases)) +
                               " cases; at most " + std::to_string(kMostCases));
    return;
  }
  std::set<std::string> labels;
  for (const Variation& variation : expand_variants(config, catalogue))
    if (!labels.insert(variation.label).second)
      problems.add("/variants", "two entries have the name " + shown(Json(variation.label)) +
                                    "; give different params, or labels that tell them apart");
}

Config resolve(const Json& document, const registry::Catalogue& catalogue,
               const std::filesystem::path& folder, int cores, Problems& problems) {
  Config config;
  const Node root{document, ""};
  if (!check_object(
          root,
          {"$schema", "name", "description", "variants", "sweep", "measure", "probes", "report"},
          problems))
    return config;
  if (const auto schema = member(root, "$schema")) read_string(*schema, problems);
  if (const auto description = member(root, "description"))
    config.description = read_string(*description, problems).value_or("");
  for (const char* required : {"name", "variants", "sweep"})
    if (!member(root, required)) problems.add("", std::string("needs '") + required + "'");

  int64_t budget = kMostCases;
  if (const auto name = member(root, "name")) config.name = read_name(*name, problems);
  if (const auto variants = member(root, "variants"))
    config.variants = read_variants(*variants, catalogue, folder, budget, problems);
  if (const auto sweep = member(root, "sweep"))
    config.sweep = read_sweep(*sweep, folder, budget, problems);
  if (config.sweep["threads"].empty()) config.sweep["threads"] = {int64_t{cores}};
  if (const auto measure = member(root, "measure"))
    config.measure = read_measure(*measure, problems);
  if (const auto probes = member(root, "probes")) config.probes = read_probes(*probes, problems);
  if (const auto report = member(root, "report")) config.report = read_report(*report, problems);
  if (problems.empty()) check_whole(config, catalogue, problems);
  if (problems.empty() && !config.report.baseline.empty())
    config.report.baseline = resolve_baseline(config, catalogue, problems);
  return config;
}

/// `folder` is where the files that the config names stand.
Config parse(const std::string& text, const std::string& file, const std::filesystem::path& folder,
             const std::vector<std::string>& overrides, const registry::Catalogue& catalogue,
             int cores) {
  Problems problems(file);
  Json document = parse_document(text, file, problems);
  apply_overrides(document, overrides, problems);
  Config config = resolve(document, catalogue, folder, cores, problems);
  problems.throw_if_any();
  return config;
}

}  // namespace

Config read_config(const std::string& path, const std::vector<std::string>& overrides,
                   const registry::Catalogue& catalogue, int cores) {
  if (path == "-") {
    const std::string text = read_text(std::cin);
    if (std::ferror(stdin) != 0)
      refuse_file("standard input", std::string("cannot be read: ") + std::strerror(errno));
    return parse(text, "standard input", "", overrides, catalogue, cores);
  }
  const std::string text = read_file(path, "the file of a config");
  // A pipe, such as bash's <(command), is in no folder that could hold files.
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  return parse(text, path, is_file ? std::filesystem::path(path).parent_path() : "", overrides,
               catalogue, cores);
}

Config parse_config(const std::string& text, const std::string& file,
                    const std::vector<std::string>& overrides, const registry::Catalogue& catalogue,
                    int cores) {
  return parse(text, file, std::filesystem::path(file).parent_path(), overrides, catalogue, cores);
}

}  // namespace attnbench::config
