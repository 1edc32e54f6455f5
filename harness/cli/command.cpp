// The list of subcommands.
#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace attnbench::cli {
namespace {

std::vector<Command>& commands() {
  static std::vector<Command> all;
  return all;
}

/// An empty heading keeps a subcommand out of --help.
const char* heading(Topic topic) {
  switch (topic) {
    case Topic::kSweeps:
      return "Sweeps";
    case Topic::kResults:
      return "Results";
    case Topic::kVariants:
      return "Variants";
    case Topic::kMachine:
      return "This machine";
    case Topic::kHidden:
      break;
  }
  return "";
}

}  // namespace

Command::Command(Topic topic, const char* name, const char* help, SetUp set_up)
    : topic_(topic), name_(name), help_(help), set_up_(set_up) {
  commands().push_back(*this);
}

void Command::add_all(CLI::App& app, PluginArgs& plugins, int& exit_code) {
  // The order in which the files register is up to the linker.
  std::vector<Command> all = commands();
  std::sort(all.begin(), all.end(), [](const Command& a, const Command& b) {
    return std::pair(a.topic_, std::string_view(a.name_)) <
           std::pair(b.topic_, std::string_view(b.name_));
  });
  for (const Command& c : all) {
    CLI::App* command = app.add_subcommand(c.name_, c.help_)->group(heading(c.topic_));
    command->callback(
        [&exit_code, action = c.set_up_(*command, plugins)] { exit_code = action(); });
  }
}

}  // namespace attnbench::cli
