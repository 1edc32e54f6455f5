// A subcommand that registers itself: its file holds a Command beside what it does.
#pragma once

#include <functional>

#include "cli/plugins.h"

namespace CLI {
class App;
}

namespace attnbench::cli {

/// Headings of --help, in this order.
enum class Topic { kSweeps, kResults, kVariants, kMachine, kHidden };

/// What a subcommand does once its arguments are read. Prints its result on stdout, gives the exit
/// code and throws errors.
using Action = std::function<int()>;

/// To be defined at namespace scope in a file of this folder.
class Command {
 public:
  /// Adds its options to `command` and gives its action, which may then read `plugins`.
  using SetUp = Action (*)(CLI::App& command, PluginArgs& plugins);

  Command(Topic topic, const char* name, const char* help, SetUp set_up);

  /// Adds all there are to the program; parsing runs the one that is asked for, whose exit code
  /// goes into `exit_code`.
  static void add_all(CLI::App& app, PluginArgs& plugins, int& exit_code);

 private:
  Topic topic_;
  const char* name_;
  const char* help_;
  SetUp set_up_;
};

}  // namespace attnbench::cli
