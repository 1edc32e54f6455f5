// Plugins as the command line names them, handed on to worker processes.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

struct PluginArgs {
  std::vector<std::string> paths;   ///< --plugin
  std::vector<std::string> sha256;  ///< In workers only: what each file was when the run began.
};

/// --plugin, which may stand before a subcommand and after it.
void add_plugins(CLI::App& command, PluginArgs& args);

/// The program's variants, and those of the plugins on the command line and in ATTNBENCH_PLUGINS.
/// Warns on stderr where that brings a second OpenMP runtime into the process.
registry::Catalogue load_catalogue(const PluginArgs& args);

/// The same in a worker: the plugins of its parent and no others. Throws registry::PluginError
/// where a file is not what the parent loaded.
registry::Catalogue load_worker_catalogue(const PluginArgs& args);

/// This program as a worker that has the same plugins.
std::vector<std::string> worker_argv(const registry::Catalogue& catalogue);

}  // namespace attnbench::cli
