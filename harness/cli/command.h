// A subcommand registers itself: its file defines a Command.
#pragma once

#include <functional>

#include "cli/plugins.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

/// Headings of --help, in this order.
enum class Topic { kSweeps, kResults, kVariants, kMachine, kHidden };

/// Runs a subcommand after its arguments are read. Prints the result on stdout, returns the exit
/// code and throws errors.
using Action = std::function<int()>;

/// Define one at namespace scope in a file of this folder.
class Command {
 public:
  /// Adds the subcommand's options to `command` and returns its action, which may read `plugins`.
  using SetUp = Action (*)(CLI::App& command, PluginArgs& plugins);

  Command(Topic topic, const char* name, const char* help, SetUp set_up);

  /// Adds all subcommands to the program. Parsing runs the one that the user asked for and puts its
  /// exit code into `exit_code`.
  static void add_all(CLI::App& app, PluginArgs& plugins, int& exit_code);

 private:
  Topic topic_;
  const char* name_;
  const char* help_;
  SetUp set_up_;
};

}  // namespace attnbench::cli
