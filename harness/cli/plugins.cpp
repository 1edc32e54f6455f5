// Decides which plugins this process loads and which its workers load.
#include "cli/plugins.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "machine/affinity.h"
#include "registry/plugins.h"

namespace attnbench::cli {
namespace {

void warn_of_two_runtimes() {
  const std::vector<std::string> runtimes = registry::openmp_runtimes();
  if (runtimes.size() < 2) return;
  std::string names;
  for (const std::string& name : runtimes) names += (names.empty() ? "" : " and ") + name;
  std::cerr << "attnbench: warning: two OpenMP runtimes in one process: " << names
            << ". Each keeps threads of its own, which take CPUs and memory from the other's "
               "variants; build plugins with the program's compiler to compare times\n";
}

}  // namespace

void add_plugins(CLI::App& command, PluginArgs& args) {
  command
      .add_option_function<std::vector<std::string>>(
          "--plugin",
          [&args](const std::vector<std::string>& more) {
            args.paths.insert(args.paths.end(), more.begin(), more.end());
          },
          "Load variants from this shared object, too (repeatable; also ATTNBENCH_PLUGINS, "
          "separated by colons)")
      ->allow_extra_args(false)
      ->type_name("PATH");
}

registry::Catalogue load_catalogue(const PluginArgs& args) {
  machine::unbind();  // Workers need all CPUs and bind their own threads.
  std::vector<std::string> paths = args.paths;
  if (const char* list = std::getenv("ATTNBENCH_PLUGINS"))
    for (std::string& path : registry::split_paths(list)) paths.push_back(std::move(path));
  registry::Catalogue catalogue = registry::load_plugins(paths);
  if (!catalogue.plugins().empty()) warn_of_two_runtimes();
  return catalogue;
}

registry::Catalogue load_worker_catalogue(const PluginArgs& args) {
  registry::Catalogue catalogue = registry::load_plugins(args.paths);
  const std::vector<registry::Plugin>& plugins = catalogue.plugins();
  for (size_t i = 0; i < args.sha256.size() && i < plugins.size(); ++i)
    if (plugins[i].sha256 != args.sha256[i])
      throw registry::PluginError("plugin " + plugins[i].path +
                                  ": has changed since it was loaded for this run");
  return catalogue;
}

std::vector<std::string> worker_argv(const registry::Catalogue& catalogue) {
  std::vector<std::string> argv{"/proc/self/exe", "worker"};
  for (const registry::Plugin& plugin : catalogue.plugins())
    for (const std::string& word :
         {std::string("--plugin"), plugin.path, std::string("--sha256"), plugin.sha256})
      argv.push_back(word);
  return argv;
}

}  // namespace attnbench::cli
