// Plugins: shared objects that bring variants from outside the tree.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::registry {

/// Loads the files in this order, and adds their variants to those of the program. A file that is
/// named twice counts once. Nothing is ever unloaded.
/// Throws PluginError, which names the file and what is wrong with it: not found, no plugin,
/// another ABI version or struct size (with both numbers), an undefined symbol (by its name).
/// Throws RegistryError, with both places, if two variants share a name.
Catalogue load_plugins(const std::vector<std::string>& paths);

/// Ends this process for a reason, with lines of details or null; see HostV1.
using Fail = void (*)(const char* reason, const char* details);

/// Has `plugin` load files of variants in another language, and adds these to the catalogue. A file
/// that is named twice counts once. Throws PluginError if one cannot be loaded, with file and line,
/// and RegistryError as above.
Catalogue with_files(const Catalogue& catalogue, const std::string& plugin,
                     const std::vector<std::string>& paths, Fail fail);

/// The paths in the text of ATTNBENCH_PLUGINS: colons separate them, and empty ones are left out.
std::vector<std::string> split_paths(std::string_view list);

/// Whether a loaded image is an OpenMP runtime: GCC's, Clang's or Intel's.
bool is_openmp_runtime(const std::string& path);

/// The OpenMP runtimes loaded into this process, by the names of their files.
std::vector<std::string> openmp_runtimes();

}  // namespace attnbench::registry
