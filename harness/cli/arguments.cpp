// Adds the options that several subcommands share, and reads the config that they name.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include "cli/installed.h"
#include "machine/machine.h"

namespace attnbench::cli {

void add_config(CLI::App& command, ConfigArgs& args, bool required) {
  command
      .add_option("config", args.path,
                  "Config file (JSON, // comments allowed); - for standard input")
      ->required(required)
      ->transform(find_config);
  command
      .add_option("--set", args.overrides,
                  "Override a field by its path: --set sweep.seq_len=[512,1024] (repeatable)")
      ->allow_extra_args(false);
}

config::Config read_config(const ConfigArgs& args, const registry::Catalogue& catalogue) {
  return config::read_config(args.path, args.overrides, catalogue, machine::default_threads());
}

void add_out(CLI::App& command, std::string& out_root) {
  command.add_option("--out", out_root, "Folder to write runs to: OUT/<name>/<UTC time>/")
      ->capture_default_str();
}

void add_verbose(CLI::App& command, bool& verbose) {
  command.add_flag("--verbose", verbose, "Tell all findings and warnings in sentences at the end");
}

}  // namespace attnbench::cli
