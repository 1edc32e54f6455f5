// `new`: writes a variant to start from, into the source tree or as a separate project.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/installed.h"
#include "cli/new_files.h"
#include "cli/plugins.h"
#include "config/config.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

struct NewArgs {
  std::string name;
  std::string family = "experimental";  ///< Folder under variants/.
  std::string dir;  ///< Folder of a separate project; empty for the source tree.
  std::string kind = "exact";
};

constexpr std::string_view kTemplateName = "my_variant";
constexpr size_t kLongestName = 64;

/// What differs by the kind of the new variant.
struct Template {
  std::string_view source, config;
};
Template template_of(const std::string& kind) {
  return kind == "exact" ? Template{kNewVariant, kNewConfig}
                         : Template{kNewApproximation, kNewApproximationConfig};
}

struct NewFile {
  fs::path path;
  std::string text;
};

std::string under_name(std::string_view text, const std::string& name) {
  std::string result(text);
  for (size_t at = 0; (at = result.find(kTemplateName, at)) != std::string::npos; at += name.size())
    result.replace(at, kTemplateName.size(), name);
  return result;
}

void require_snake_case(const std::string& what, const std::string& name) {
  if (!registry::is_snake_case(name) || name.size() > kLongestName)
    throw config::ConfigError({what + " '" + name + "': expected snake_case, such as my_variant: " +
                               "lower-case letters, digits and _, a letter first, at most " +
                               std::to_string(kLongestName)});
}

/// The source tree that holds the current folder.
fs::path source_tree() {
  for (fs::path folder = fs::current_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / "harness/include/attnbench/variant.h") &&
        fs::exists(folder / "variants/CMakeLists.txt"))
      return folder;
    if (folder == folder.root_path())
      throw config::ConfigError(
          {"this folder is not in attnbench's source tree; --dir D makes a project of its own in "
           "D"});
  }
}

std::vector<NewFile> tree_files(const std::string& name, const std::string& family,
                                const Template& from) {
  require_snake_case("family", family);
  const fs::path variants = source_tree() / "variants";
  if (family == "kernels")
    throw config::ConfigError({"family 'kernels' is where variants share code; name another"});
  for (const fs::directory_entry& other : fs::directory_iterator(variants))
    if (const fs::path file = other.path() / (name + ".cpp"); fs::exists(file))
      throw config::ConfigError({file.string() + " exists; nothing was written"});
  return {{variants / family / (name + ".cpp"), under_name(from.source, name)}};
}

std::vector<NewFile> project_files(const std::string& name, const fs::path& dir,
                                   const Template& from) {
  return {{dir / (name + ".cpp"), under_name(from.source, name)},
          {dir / "CMakeLists.txt", under_name(kNewProject, name)},
          {dir / (name + ".json"), under_name(from.config, name)}};
}

/// Throws if the file exists already.
void write_new(const NewFile& file) {
  const int fd = open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST)
    throw config::ConfigError({file.path.string() + " exists; it was left as it is"});
  const bool written = fd >= 0 && run::write_all(fd, file.text);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!written) throw run::EnvironmentError(file.path.string() + ": " + std::strerror(error));
}

void write_all_new(const std::vector<NewFile>& files) {
  for (const NewFile& file : files)
    if (fs::exists(fs::symlink_status(file.path)))
      throw config::ConfigError({file.path.string() + " exists; nothing was written"});
  run::make_folder(files.front().path.parent_path().string());
  for (const NewFile& file : files) {
    write_new(file);
    std::cout << "wrote " << file.path.string() << "\n";
  }
}

void print_project_steps(const std::string& name, const fs::path& dir) {
  const fs::path prefix = install_prefix();
  const std::string build = (dir / "build").string();
  const std::string plugin = (dir / "build" / ("lib" + name + ".so")).string();
  std::cout << "Next:\n";
  if (prefix.empty())
    std::cout << "  cmake --install build/release --prefix PREFIX   # in the source tree: what "
                 "plugins build against\n";
  std::cout << "  cmake -G Ninja -S " << dir.string() << " -B " << build
            << " -DCMAKE_BUILD_TYPE=Release"
            << " -DCMAKE_PREFIX_PATH=" << (prefix.empty() ? "PREFIX" : prefix.string()) << "\n"
            << "  cmake --build " << build << "\n"
            << "  attnbench check --plugin " << plugin << " " << name << "\n"
            << "  attnbench run --plugin " << plugin << " " << (dir / (name + ".json")).string()
            << "\n";
}

int write_new_variant(const NewArgs& args, const registry::Catalogue& catalogue) {
  require_snake_case("variant", args.name);
  if (const registry::Entry* entry = catalogue.find(args.name))
    throw config::ConfigError({"variant '" + args.name + "' exists in " +
                               (entry->plugin.empty() ? "this program" : entry->plugin)});
  if (!args.dir.empty()) {
    write_all_new(project_files(args.name, args.dir, template_of(args.kind)));
    print_project_steps(args.name, args.dir);
    return kExitOk;
  }
  write_all_new(tree_files(args.name, args.family, template_of(args.kind)));
  std::cout << "Next, from the root of the tree:\n  ./attnbench check " << args.name
            << "\n  ./attnbench run configs/quickstart.json --set 'variants=[\"full\",\""
            << args.name << "\"]'\n";
  return kExitOk;
}

const Command kNew{
    Topic::kVariants, "new", "Write a variant to start from",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<NewArgs>();
      command.add_option("variant", args->name, "Its name, in snake_case")->required();
      auto* dir = command.add_option("--dir", args->dir,
                                     "Make a project of its own in this folder (default: a file "
                                     "in the source tree)");
      command
          .add_option("--kind", args->kind,
                      "exact: softmax attention over keys that the call decides; approximate: a "
                      "variant with a definition of its own")
          ->check(CLI::IsMember({"exact", "approximate"}))
          ->capture_default_str();
      command.add_option("--family", args->family, "Folder under variants/ in the source tree")
          ->capture_default_str()
          ->excludes(dir);
      add_plugins(command, plugins);
      return [&plugins, args] { return write_new_variant(*args, load_catalogue(plugins)); };
    }};

}  // namespace

}  // namespace attnbench::cli
