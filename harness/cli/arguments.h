// Arguments that several subcommands take.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "registry/registry.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

/// A config and what the command line changes in it.
struct ConfigArgs {
  std::string path;
  std::vector<std::string> overrides;  ///< "sweep.seq_len=[512,1024]"
};

/// Adds CONFIG and --set.
void add_config(CLI::App& command, ConfigArgs& args, bool required);

/// Throws config::ConfigError.
config::Config read_config(const ConfigArgs& args, const registry::Catalogue& catalogue);

/// Adds --out.
void add_out(CLI::App& command, std::string& out_root);

/// Adds --verbose.
void add_verbose(CLI::App& command, bool& verbose);

}  // namespace attnbench::cli
