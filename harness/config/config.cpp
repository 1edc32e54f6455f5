// Reads a config: text to document, overrides, sections, and what only the whole can tell.
#include "config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "config/fields.h"
#include "config/overrides.h"
#include "config/parse.h"
#include "config/sections.h"
#include "config/values.h"
#include "config/variations.h"

namespace attnbench::config {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 20;

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw ConfigError({printable(file) + ": " + what});
}

std::string read_name(const Node& node, Problems& problems) {
  const std::string name = read_string(node, problems).value_or("");
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const bool ok = !name.empty() && name.size() <= kMostNameLength && name.front() != '.' &&
                  name.front() != '-' && std::all_of(name.begin(), name.end(), plain);
  if (node.value.is_string() && !ok)
    problems.add(node.pointer, shown(node.value) +
                                   " is no plain folder name; use up to 100 letters, digits, '.', "
                                   "'_' and '-', not beginning with '.' or '-'");
  return name;
}

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

/// No more than says that it is too much.
std::string read_text(std::istream& in) {
  std::string text(kMostFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

/// `folder` is where the files that the config names stand.
Config parse(const std::string& text, const std::string& file, const std::filesystem::path& folder,
             const std::vector<std::string>& overrides, const registry::Catalogue& catalogue,
             int cores) {
  if (text.size() > kMostFileBytes) refuse(file, "is larger than 1 MiB; a config is a short file");
  Parsed parsed = parse_json(text, Comments::kAllowed);
  if (!parsed.syntax_error.empty()) refuse(file, printable(parsed.syntax_error));

  Problems problems(file);
  for (const TextProblem& problem : parsed.problems) problems.add(problem.pointer, problem.what);
  if (parsed.stopped) problems.throw_if_any();
  apply_overrides(parsed.value, overrides, problems);
  Config config = resolve(parsed.value, catalogue, folder, cores, problems);
  problems.throw_if_any();
  return config;
}

}  // namespace

Config read_config(const std::string& path, const std::vector<std::string>& overrides,
                   const registry::Catalogue& catalogue, int cores) {
  if (path == "-") {
    const std::string text = read_text(std::cin);
    if (std::ferror(stdin) != 0)
      refuse("standard input", std::string("cannot be read: ") + std::strerror(errno));
    return parse(text, "standard input", "", overrides, catalogue, cores);
  }
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) refuse(path, "there is no such file");
  if (error) refuse(path, "cannot be read: " + error.message());
  if (path.empty() || std::filesystem::is_directory(status))
    refuse(path, "is a folder; expected the file of a config");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  const std::string text = read_text(in);
  if (in.bad() || !in.is_open())
    refuse(path, std::string("cannot be read: ") + std::strerror(errno));
  // A pipe, such as bash's <(command), is in no folder that could hold files.
  const bool is_file = std::filesystem::is_regular_file(status);
  return parse(text, path, is_file ? std::filesystem::path(path).parent_path() : "", overrides,
               catalogue, cores);
}

Config parse_config(const std::string& text, const std::string& file,
                    const std::vector<std::string>& overrides, const registry::Catalogue& catalogue,
                    int cores) {
  return parse(text, file, std::filesystem::path(file).parent_path(), overrides, catalogue, cores);
}

}  // namespace attnbench::config
