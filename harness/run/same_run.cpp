// Compares configs, builds and machines field by field.
#include "run/same_run.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "record/json.h"

namespace attnbench::run {
namespace {

using record::Json;

/// MemTotal varies a little with the kernel, and far more with the number of memory modules.
constexpr int64_t kMemoryTolerance = 100;  // The tolerance is 1 / this.

std::string text_of(const Json& whole, const std::string& place) {
  const Json::json_pointer pointer(place);
  return whole.contains(pointer) ? record::to_line(whole.at(pointer)) : "nothing\n";
}

void compare(const std::string& what, const Json& recorded, const Json& now,
             std::vector<std::string>& found) {
  for (const Json& change : Json::diff(recorded, now)) {
    const std::string place = change.at("path").get<std::string>();
    std::string was = text_of(recorded, place), is = text_of(now, place);
    was.pop_back();
    is.pop_back();
    found.push_back(what + " " + place + ": " + was + ", now " + is);
  }
}

/// The fields of a machine that a measurement depends on.
Json kind_of(const record::Machine& machine) {
  return {{"cpu", machine.cpu}, {"cores", machine.cores}};
}

/// The machine's setup, as far as both records know it. It does not matter which CPUs a process may
/// use, since a scheduler may assign others; their number is a field of the machine.
void compare_conditions(const record::Conditions& recorded, const record::Conditions& now,
                        std::vector<std::string>& found) {
  Json was = to_json(recorded), is = to_json(now);
  const Json all = is;
  for (const auto& [field, value] : all.items()) {
    const bool matters = field == "governor" || field == "turbo" ||
                         field == "transparent_huge_pages" || field == "cgroup_cpus";
    if (matters && was[field] != "unknown" && value != "unknown") continue;
    was.erase(field);
    is.erase(field);
  }
  compare("conditions", was, is, found);
}

std::string shown(const record::Plugin& plugin) {
  return "plugin " + plugin.path + ": ";
}

/// A plugin is the same if its file's content is the same, at any path.
void compare_plugins(const std::vector<record::Plugin>& recorded,
                     const std::vector<record::Plugin>& now, std::vector<std::string>& found) {
  const size_t both = std::min(recorded.size(), now.size());
  for (size_t i = 0; i < both; ++i)
    if (recorded[i].sha256 != now[i].sha256)
      found.push_back(shown(recorded[i]) + "sha256 " + recorded[i].sha256 + ", now " +
                      now[i].sha256 + " of " + now[i].path);
  for (size_t i = both; i < recorded.size(); ++i)
    found.push_back(shown(recorded[i]) + "not loaded now; --plugin loads it");
  for (size_t i = both; i < now.size(); ++i)
    found.push_back(shown(now[i]) + "loaded now, not when the run began");
}

using Versions = std::map<std::string, std::string>;

/// `what` names the file that runs on these versions.
void compare_versions(const std::string& what, const Versions& recorded, const Versions& now,
                      std::vector<std::string>& found) {
  Versions all = recorded;
  all.insert(now.begin(), now.end());
  const auto version_in = [](const Versions& versions, const std::string& name) {
    const auto at = versions.find(name);
    return at == versions.end() ? "not imported" : at->second;
  };
  for (const auto& [name, version] : all)
    if (const std::string was = version_in(recorded, name), is = version_in(now, name); was != is)
      found.push_back(what + ": " + name + " " + was + ", now " + is);
}

/// A file is the same if its content is, at any path, and runs on the same versions.
void compare_files(const std::vector<record::VariantFile>& recorded,
                   const std::vector<record::VariantFile>& now, std::vector<std::string>& found) {
  const auto name = [](const record::VariantFile& file) { return "file " + file.path; };
  const size_t both = std::min(recorded.size(), now.size());
  for (size_t i = 0; i < both; ++i) {
    const std::string what = name(recorded[i]);
    if (recorded[i].sha256 != now[i].sha256)
      found.push_back(what + ": sha256 " + recorded[i].sha256 + ", now " + now[i].sha256 + " of " +
                      now[i].path);
    if (recorded[i].plugin_sha256 != now[i].plugin_sha256)
      found.push_back(what + ": the plugin that loads it had sha256 " + recorded[i].plugin_sha256 +
                      ", now " + now[i].plugin_sha256);
    compare_versions(what, recorded[i].versions, now[i].versions, found);
  }
  for (size_t i = both; i < recorded.size(); ++i)
    found.push_back(name(recorded[i]) + ": not loaded now; --python loads it");
  for (size_t i = both; i < now.size(); ++i)
    found.push_back(name(now[i]) + ": loaded now, not when the run began");
}

}  // namespace

std::vector<std::string> differences(const record::Run& recorded, const record::Run& now) {
  std::vector<std::string> found;
  compare("machine", kind_of(recorded.machine), kind_of(now.machine), found);
  const int64_t was = recorded.machine.memory_bytes, is = now.machine.memory_bytes;
  if (std::abs(was - is) > std::max(was, is) / kMemoryTolerance)
    found.push_back("machine /memory_bytes: " + std::to_string(was) + ", now " +
                    std::to_string(is));
  compare("program", to_json(recorded.build), to_json(now.build), found);
  compare("environment", recorded.environment, now.environment, found);
  compare_conditions(recorded.conditions, now.conditions, found);
  compare_plugins(recorded.plugins, now.plugins, found);
  compare_files(recorded.variant_files, now.variant_files, found);
  compare("config", Json::parse(recorded.config_json), Json::parse(now.config_json), found);
  return found;
}

}  // namespace attnbench::run
