// `new`: writes a variant or a study to start from, into the source tree or into another folder.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/installed.h"
#include "cli/new_files.h"
#include "cli/new_study.h"
#include "cli/plugins.h"
#include "cli/write_new.h"
#include "config/config.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

struct NewArgs {
  std::string name;
  std::string family = "experimental";  ///< Folder under variants/.
  std::string dir;  ///< Folder of a separate project; empty for the source tree.
  std::string kind = "exact";
  bool study = false;
  bool python = false;  ///< A Python file, in `dir` or else here.
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

void require_snake_case(const std::string& what, const std::string& name) {
  if (!registry::is_snake_case(name) || name.size() > kLongestName)
    throw config::ConfigError({what + " '" + name + "': expected snake_case, such as my_variant: " +
                               "lower-case letters, digits and _, a letter first, at most " +
                               std::to_string(kLongestName)});
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
  return {{variants / family / (name + ".cpp"), under_name(from.source, kTemplateName, name)}};
}

std::vector<NewFile> project_files(const std::string& name, const fs::path& dir,
                                   const Template& from) {
  return {{dir / (name + ".cpp"), under_name(from.source, kTemplateName, name)},
          {dir / "CMakeLists.txt", under_name(kNewProject, kTemplateName, name)},
          {dir / (name + ".json"), under_name(from.config, kTemplateName, name)}};
}

/// A Python file and how to go on with it.
int write_python(const NewArgs& args) {
  const fs::path file = fs::path(args.dir) / (args.name + ".py");
  write_all_new({{file, under_name(kNewPython, kTemplateName, args.name)}});
  std::cout << "Next:\n  attnbench check --python " << file.string() << " " << args.name
            << "\n  attnbench run configs/quickstart.json --python " << file.string()
            << " --set 'variants=[\"window\",\"" << args.name << "\"]'\n";
  return kExitOk;
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
  if (args.python) return write_python(args);
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
    Topic::kVariants, "new", "Write a variant or a study to start from",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<NewArgs>();
      command.add_option("name", args->name, "Its name; a variant's is in snake_case")->required();
      auto* dir = command.add_option("--dir", args->dir,
                                     "Make a project of its own in this folder (default: in the "
                                     "source tree)");
      auto* study = command.add_flag("--study", args->study,
                                     "Write a study, with study.json and a config, instead of a "
                                     "variant");
      command
          .add_option("--kind", args->kind,
                      "exact: softmax attention over keys that the call decides; approximate: a "
                      "variant with a definition of its own")
          ->check(CLI::IsMember({"exact", "approximate"}))
          ->excludes(study)
          ->capture_default_str();
      command.add_option("--family", args->family, "Folder under variants/ in the source tree")
          ->capture_default_str()
          ->excludes(dir)
          ->excludes(study);
      command
          .add_flag("--python", args->python,
                    "Write a Python file, into the folder of --dir or else the current one")
          ->excludes(study)
          ->excludes("--kind")
          ->excludes("--family");
      add_plugins(command, plugins, false);
      return [&plugins, args] {
        return args->study ? write_new_study(args->name, args->dir)
                           : write_new_variant(*args, load_catalogue(plugins));
      };
    }};

}  // namespace

}  // namespace attnbench::cli
