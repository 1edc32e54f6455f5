// Plugins that the command line names, which are also passed to worker processes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "run/fork_server.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

struct PluginArgs {
  std::vector<std::string> paths;  ///< --plugin
  std::vector<std::string> files;  ///< --python
  /// In workers only: each plugin's hash, and what each file and its imports were, when the run
  /// began.
  std::vector<std::string> sha256, file_contents;
};

/// Adds --plugin and, unless the subcommand has another one, --python. Both may stand before or
/// after a subcommand.
void add_plugins(CLI::App& command, PluginArgs& args, bool with_files = true);

/// The variants of the program, of the plugins on the command line and in ATTNBENCH_PLUGINS, and of
/// Python files. Warns on stderr if one brings a second OpenMP runtime into the process.
registry::Catalogue load_catalogue(const PluginArgs& args);

/// The variants of a worker: those of the program and of its parent's plugins and files, no others.
/// Throws registry::PluginError if a file differs from the one that the parent loaded.
registry::Catalogue load_worker_catalogue(const PluginArgs& args);

/// The command line that runs this program as a worker with the same plugins. It does not load
/// files: a variant from a file has a worker that is forked (file_workers).
std::vector<std::string> worker_argv(const registry::Catalogue& catalogue);

/// Starts the workers of variants from files; null if there are none. For a run's `program`, which
/// may be another one.
std::shared_ptr<run::ForkServers> file_workers(std::vector<std::string> worker_argv,
                                               const registry::Catalogue& catalogue);

}  // namespace attnbench::cli
