// The program: parses arguments and runs a subcommand. Only main catches errors.
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <new>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "record/json.h"
#include "registry/registry.h"
#include "run/other_program.h"

namespace {

using namespace attnbench;

constexpr const char* kExamples =
    "attnbench measures what attention really costs on this CPU. Three lines to start with:\n"
    "  attnbench run configs/quickstart.json      sweep, check, time, fit and report\n"
    "  attnbench list                             the variants and their params\n"
    "  attnbench plan configs/scaling.json        what a run would do, without doing it\n"
    "attnbench --help says the rest.\n";

constexpr const char* kExitCodes =
    "Exit codes: 0 fine; 1 a case was invalid, failed or timed out, or none was timed;\n"
    "2 bad usage, config or record; 3 the environment refuses (disk, CPU, build);\n"
    "4 compare, ab: a regression; 5 compare, ab: not comparable, or no verdict;\n130 interrupted "
    "(Ctrl-C); "
    "143 terminated.";

int dispatch(int argc, char** argv) {
  CLI::App app{"Measures what attention really costs on this CPU."};
  app.footer(kExitCodes);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", ATTNBENCH_VERSION);
  cli::PluginArgs plugins;
  cli::add_plugins(app, plugins);
  int exit_code = cli::kExitOk;
  cli::Command::add_all(app, plugins, exit_code);
  try {
    app.parse(argc, cli::mark_sides(argc, argv).data());
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? cli::kExitOk : cli::kExitUsage;
  }
  if (app.get_subcommands().empty()) std::cout << kExamples;
  return exit_code;
}

int fail(int code, const std::string& what) {
  std::cerr << "attnbench: " << what << "\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // A write beyond the file size limit then fails.
  cli::keep_standard_streams();
  cli::watch_output();
  try {
    const int code = dispatch(argc, argv);
    const std::string lost = cli::finish_output();
    return lost.empty() ? code : fail(cli::kExitEnvironment, lost);
  } catch (const config::ConfigError& e) {
    return fail(cli::kExitUsage, e.what());
  } catch (const record::RecordError& e) {
    return fail(cli::kExitUsage, e.what());
  } catch (const run::ProgramError& e) {
    return fail(cli::kExitUsage, e.what());
  } catch (const registry::PluginError& e) {
    return fail(cli::kExitUsage, e.what());
  } catch (const registry::RegistryError& e) {
    return fail(cli::kExitUsage, e.what());
  } catch (const std::bad_alloc&) {
    return fail(cli::kExitEnvironment, "out of memory");
  } catch (const std::exception& e) {
    return fail(cli::kExitEnvironment, e.what());
  }
}
