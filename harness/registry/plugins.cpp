// Opens plugins, and compares their version and struct sizes with those of this program.
#include "registry/plugins.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string_view>

#include "attnbench/plugin.h"
#include "registry/sha256.h"

namespace attnbench::registry {
namespace {

constexpr const char* kSymbol = "attnbench_plugin_v1";
constexpr const char* kLoadSymbol = "attnbench_load_v1";
constexpr const char* kRebuild = "; build the plugin against this program's headers";

/// Far more structs or variants than a plugin has: a larger number means that its data is garbage.
constexpr int32_t kMostStructs = 1000;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw PluginError("plugin " + path + ": " + what);
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : symbol;
}

/// The message of dlopen without the path at its beginning, and with C++ names demangled.
std::string reason_of(std::string text, const std::string& path) {
  if (text.starts_with(path + ": ")) text.erase(0, path.size() + 2);
  constexpr std::string_view kUndefined = "undefined symbol: ";
  if (text.starts_with(kUndefined)) {
    const std::string symbol = text.substr(kUndefined.size());
    return "undefined symbol '" + demangled(symbol) +
           "': neither the plugin, its libraries nor this program has it";
  }
  const bool other_file = text.find("ELF") != std::string::npos || text == "file too short" ||
                          text.starts_with("cannot dynamically load");
  return (other_file ? "is not a plugin: " : "cannot be loaded: ") + text;
}

/// The canonical path of the plugin. With a slash in it, dlopen searches no library folders.
std::string existing_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  if (error) refuse(path, "not found: " + error.message());
  if (!std::filesystem::is_regular_file(file, error)) refuse(path, "is not a file");
  return file.string();
}

std::string_view program_or_plugin_only(bool in_plugin) {
  return in_plugin ? "the plugin has it, this program does not"
                   : "this program has it, the plugin does not";
}

const StructSize* find(const StructSize* structs, int32_t count, std::string_view name) {
  const StructSize* const end = structs + count;
  const StructSize* const found =
      std::find_if(structs, end, [&](const StructSize& s) { return s.name == name; });
  return found == end ? nullptr : found;
}

void require_same_abi(const PluginV1& plugin, const std::string& path) {
  if (plugin.abi_version != kAbiVersion)
    refuse(path, "was built for ABI version " + std::to_string(plugin.abi_version) +
                     ", this program has " + std::to_string(kAbiVersion) + kRebuild);
  if (plugin.structs == nullptr || plugin.struct_count < 0 || plugin.struct_count > kMostStructs)
    refuse(path, "is not a plugin: what " + std::string(kSymbol) + " yields is malformed");
  const auto own_count = static_cast<int32_t>(std::size(kStructSizes));
  for (const StructSize& ours : kStructSizes) {
    const StructSize* theirs = find(plugin.structs, plugin.struct_count, ours.name);
    if (theirs == nullptr)
      refuse(path, "struct " + std::string(ours.name) + ": " +
                       std::string(program_or_plugin_only(false)) + kRebuild);
    if (theirs->bytes != ours.bytes)
      refuse(path, "struct " + std::string(ours.name) + " has " + std::to_string(theirs->bytes) +
                       " bytes in the plugin, " + std::to_string(ours.bytes) + " in this program" +
                       kRebuild);
  }
  for (int32_t i = 0; i < plugin.struct_count; ++i)
    if (find(kStructSizes, own_count, plugin.structs[i].name) == nullptr)
      refuse(path, "struct " + std::string(plugin.structs[i].name) + ": " +
                       std::string(program_or_plugin_only(true)) + kRebuild);
}

std::string text_or_unknown(const char* text) {
  return text == nullptr || *text == '\0' ? "unknown" : text;
}

/// A plugin that this program can work with.
struct Image {
  void* handle = nullptr;
  const PluginV1* plugin = nullptr;
};

Image open_image(const std::string& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(path, reason_of(dlerror(), path));
  void* const symbol = dlsym(handle, kSymbol);
  if (symbol == nullptr)
    refuse(path, "is not a plugin: it does not export " + std::string(kSymbol) +
                     "; attnbench_add_plugin of the CMake package makes one that does");
  const PluginV1* const plugin = reinterpret_cast<decltype(&attnbench_plugin_v1)>(symbol)();
  if (plugin == nullptr)
    refuse(path, "is not a plugin: " + std::string(kSymbol) + " yields nothing");
  require_same_abi(*plugin, path);
  return {handle, plugin};
}

std::string hash_of(const std::string& path) {
  std::string sha256 = sha256_of_file(path);
  if (sha256.empty()) refuse(path, "cannot be read");
  return sha256;
}

/// Loads one file and adds its variants to `entries`.
Plugin load(const std::string& path, std::vector<Entry>& entries) {
  const PluginV1* const plugin = open_image(path).plugin;
  if (plugin->variants == nullptr) refuse(path, "registers no variant; see ATTNBENCH_VARIANT");
  for (const Registration* r = plugin->variants; r != nullptr; r = r->next)
    entries.push_back({r->info, r->variant, path});
  return {path, hash_of(path), text_or_unknown(plugin->build.compiler),
          text_or_unknown(plugin->build.flags), text_or_unknown(plugin->build.build_type)};
}

/// The entries as a list of registrations, which lives as long as the process: a plugin may keep
/// it.
const Registration* linked(const std::vector<Entry>& entries) {
  auto* const links = new std::vector<Registration>();  // Never freed, as no plugin is unloaded.
  links->reserve(entries.size());
  for (const Entry& entry : entries)
    links->push_back({entry.info, entry.variant, links->empty() ? nullptr : &links->back()});
  return links->empty() ? nullptr : &links->back();
}

int collect_openmp(dl_phdr_info* info, size_t, void* found) {
  if (!is_openmp_runtime(info->dlpi_name)) return 0;
  const std::filesystem::path path = info->dlpi_name;
  std::error_code error;
  const auto file = std::filesystem::canonical(path, error);
  auto& names = *static_cast<std::vector<std::string>*>(found);
  names.push_back((error ? path : file).filename().string());
  return 0;
}

}  // namespace

Catalogue load_plugins(const std::vector<std::string>& paths) {
  std::vector<Entry> entries = built_in().entries();
  std::vector<Plugin> plugins;
  for (const std::string& path : paths) {
    const std::string file = existing_file(path);
    const auto loaded = [&](const Plugin& p) { return p.path == file; };
    if (std::none_of(plugins.begin(), plugins.end(), loaded))
      plugins.push_back(load(file, entries));
  }
  return Catalogue(std::move(entries), std::move(plugins));
}

Catalogue with_files(const Catalogue& catalogue, const std::string& plugin,
                     const std::vector<std::string>& paths, Fail fail) {
  const std::string plugin_file = existing_file(plugin);
  void* const symbol = dlsym(open_image(plugin_file).handle, kLoadSymbol);
  if (symbol == nullptr)
    refuse(plugin_file, "loads no files: it does not export " + std::string(kLoadSymbol));
  const auto load_file = reinterpret_cast<decltype(&attnbench_load_v1)>(symbol);
  std::vector<Entry> entries = catalogue.entries();
  std::vector<File> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const std::string file = std::filesystem::canonical(path, error).string();
    if (error) throw PluginError(path + ": not found: " + error.message());
    const auto loaded = [&](const File& f) { return f.path == file; };
    if (std::any_of(files.begin(), files.end(), loaded)) continue;
    auto* const host = new HostV1{linked(entries), fail};  // The plugin keeps it.
    const FileV1 found = load_file(file.c_str(), host);
    if (found.error != nullptr) throw PluginError(found.error);
    for (const Registration* r = found.variants; r != nullptr; r = r->next)
      entries.push_back({r->info, r->variant, plugin_file, file, found.empty});
    files.push_back({file, found.sha256, hash_of(plugin_file), {}});
    for (int32_t i = 0; i < found.version_count; ++i)
      files.back().versions.emplace(found.versions[i].name, found.versions[i].version);
  }
  return Catalogue(std::move(entries), catalogue.plugins(), std::move(files));
}

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const std::string_view path = list.substr(0, list.find(':'));
    if (!path.empty()) paths.emplace_back(path);
    list.remove_prefix(std::min(list.size(), path.size() + 1));
  }
  return paths;
}

bool is_openmp_runtime(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.starts_with("libgomp") || name.starts_with("libomp") || name.starts_with("libiomp");
}

std::vector<std::string> openmp_runtimes() {
  std::vector<std::string> names;
  dl_iterate_phdr(collect_openmp, &names);
  return names;
}

}  // namespace attnbench::registry
