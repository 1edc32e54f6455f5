// Decides which plugins this process loads and which its workers load.
#include "cli/plugins.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>

#include "cli/commands.h"
#include "machine/affinity.h"
#include "measure/worker.h"
#include "registry/plugins.h"
#include "run/run_dir.h"

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

/// A function of a file went wrong in this process, which measures nothing: one that says what the
/// variant supports.
void fail_program(const char* reason, const char* details) {
  if (details != nullptr) std::cerr << details << "\n";
  std::cerr << "attnbench: " << reason << "\n";
  std::cerr.flush();
  _exit(kExitUsage);
}

/// The plugin that loads Python files, which lies at a fixed place beside the program.
std::string python_plugin() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path plugin =
      program.parent_path().parent_path() / "lib/attnbench/attnbench_python.so";
  if (error || !std::filesystem::exists(plugin, error))
    throw run::EnvironmentError(
        "--python: this program was built without Python. Debian's packages pybind11-dev, "
        "python3-dev and python3-numpy bring what is missing (./attnbench installs them if it "
        "may); "
        "then build again. There is no " +
        plugin.string());
  return plugin.string();
}

/// What differs if the file does, or what it imports.
std::string content_of(const registry::File& file) {
  std::string text = file.sha256;
  for (const auto& [name, version] : file.versions) text += ", " + name + " " + version;
  return text;
}

registry::Catalogue with_files(registry::Catalogue catalogue, const std::vector<std::string>& files,
                               registry::Fail fail) {
  if (files.empty()) return catalogue;
  return registry::with_files(catalogue, python_plugin(), files, fail);
}

}  // namespace

void add_plugins(CLI::App& command, PluginArgs& args, bool with_files) {
  const auto add = [&command](const char* name, std::vector<std::string>& paths, const char* help) {
    command
        .add_option_function<std::vector<std::string>>(
            name,
            [&paths](const std::vector<std::string>& more) {
              paths.insert(paths.end(), more.begin(), more.end());
            },
            help)
        ->allow_extra_args(false)
        ->type_name("PATH");
  };
  add("--plugin", args.paths,
      "Load variants from this shared object, too (repeatable; also ATTNBENCH_PLUGINS, separated "
      "by colons)");
  if (!with_files) return;
  add("--python", args.files,
      "Load variants from this Python file, too (repeatable; the packages are those of "
      "ATTNBENCH_PYTHON, of the active virtual environment, or of the system)");
}

registry::Catalogue load_catalogue(const PluginArgs& args) {
  machine::unbind();  // Workers need all CPUs and bind their own threads.
  std::vector<std::string> paths = args.paths;
  if (const char* list = std::getenv("ATTNBENCH_PLUGINS"))
    for (std::string& path : registry::split_paths(list)) paths.push_back(std::move(path));
  registry::Catalogue catalogue =
      with_files(registry::load_plugins(paths), args.files, fail_program);
  if (!catalogue.plugins().empty() || !catalogue.files().empty()) warn_of_two_runtimes();
  return catalogue;
}

registry::Catalogue load_worker_catalogue(const PluginArgs& args) {
  registry::Catalogue catalogue =
      with_files(registry::load_plugins(args.paths), args.files, measure::fail_worker);
  const std::vector<registry::Plugin>& plugins = catalogue.plugins();
  for (size_t i = 0; i < args.sha256.size() && i < plugins.size(); ++i)
    if (plugins[i].sha256 != args.sha256[i])
      throw registry::PluginError("plugin " + plugins[i].path +
                                  ": has changed since it was loaded for this run");
  const std::vector<registry::File>& files = catalogue.files();
  for (size_t i = 0; i < args.file_contents.size() && i < files.size(); ++i)
    if (content_of(files[i]) != args.file_contents[i])
      throw registry::PluginError(files[i].path +
                                  ": it, or what it imports, has changed since it was loaded for "
                                  "this run");
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

std::shared_ptr<run::ForkServers> file_workers(std::vector<std::string> worker_argv,
                                               const registry::Catalogue& catalogue) {
  if (catalogue.files().empty()) return nullptr;
  for (const registry::File& file : catalogue.files())
    for (const std::string& word :
         {std::string("--python"), file.path, std::string("--python-content"), content_of(file)})
      worker_argv.push_back(word);
  worker_argv.push_back("--fork-server");
  std::set<std::string> variants;
  for (const registry::Entry& entry : catalogue.entries())
    if (!entry.file.empty()) variants.emplace(entry.name());
  return std::make_shared<run::ForkServers>(std::move(worker_argv), std::move(variants));
}

}  // namespace attnbench::cli
