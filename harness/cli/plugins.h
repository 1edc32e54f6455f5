// Plugins that the command line names, which are also passed to worker processes.
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
  std::vector<std::string> sha256;  ///< In workers only: each file's hash when the run began.
};

/// Adds --plugin, which may stand before or after a subcommand.
void add_plugins(CLI::App& command, PluginArgs& args);

/// The variants of the program and of the plugins on the command line and in ATTNBENCH_PLUGINS.
/// Warns on stderr if a plugin brings a second OpenMP runtime into the process.
registry::Catalogue load_catalogue(const PluginArgs& args);

/// The variants of a worker: those of the program and of its parent's plugins, no others. Throws
/// registry::PluginError if a file differs from the one that the parent loaded.
registry::Catalogue load_worker_catalogue(const PluginArgs& args);

/// The command line that runs this program as a worker with the same plugins.
std::vector<std::string> worker_argv(const registry::Catalogue& catalogue);

}  // namespace attnbench::cli
