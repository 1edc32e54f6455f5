// Plugins: shared objects that bring variants from outside the tree.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::registry {

/// Loads them, in this order, and adds their variants to those of the program. A file that is named
/// twice counts once. Nothing is ever unloaded.
/// Throws PluginError, which names the file and what is wrong with it: not found, no plugin,
/// another ABI version or struct size (with both numbers), an undefined symbol (by its name).
/// Throws RegistryError where two variants share a name, with both places.
Catalogue load_plugins(const std::vector<std::string>& paths);

/// The paths in a list as ATTNBENCH_PLUGINS holds it: separated by colons, empty ones left out.
std::vector<std::string> split_paths(std::string_view list);

/// Whether a loaded image is an OpenMP runtime: GCC's, Clang's or Intel's.
bool is_openmp_runtime(const std::string& path);

/// The OpenMP runtimes loaded into this process, by the names of their files.
std::vector<std::string> openmp_runtimes();

}  // namespace attnbench::registry
