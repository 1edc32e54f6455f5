// `ab`: measures a config by two builds in the same rounds, and compares them.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/installed.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "cli/two_sides.h"
#include "plan/plan.h"
#include "record/json.h"
#include "run/other_program.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

using record::Json;

/// What OLD or NEW has that the other one has not.
struct SideArgs {
  std::vector<std::string> overrides;
  std::vector<std::string> plugins;
};

struct AbArgs {
  std::string program;  ///< Empty if OLD is this program.
  std::string config;
  std::vector<std::string> overrides;
  SideArgs old, fresh;
  std::string out_root = RunArgs().out_root;
  CompareArgs compare;
};

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Throws if OLD and NEW are the same, or would not be measured alike.
void require_sense(const AbArgs& args, const std::string& config_path) {
  if (config_path.empty()) throw config::ConfigError({"give a config: attnbench ab [OLD] CONFIG"});
  const bool same = args.old.overrides == args.fresh.overrides &&
                    args.old.plugins == args.fresh.plugins && args.program.empty();
  if (same)
    throw config::ConfigError(
        {"nothing differs between OLD and NEW: give another program before the config, or "
         "--old-set and --new-set, or --old-plugin and --new-plugin"});
  for (const auto* side : {&args.old, &args.fresh})
    for (const std::string& text : side->overrides)
      if (text.starts_with("measure"))
        throw config::ConfigError({(side == &args.old ? "--old-set " : "--new-set ") + text +
                                   ": both sides are measured alike; --set " + text +
                                   " holds for both"});
  if (config_path == "-")
    throw config::ConfigError({"-: `ab` reads the config once a side; give a file"});
}

/// How NEW measures, as settings for OLD, whose defaults may be others.
std::vector<std::string> settings_of(const config::Config& config, const record::Run& run) {
  const Json measure = {{"rounds", run.rounds},
                        {"seed", run.seed},
                        {"min_time_s", config.measure.min_time_s},
                        {"timeout_s", config.measure.timeout_s},
                        {"memory_limit", run.memory_limit_bytes}};
  std::vector<std::string> settings;
  for (const auto& [name, value] : measure.items())
    settings.push_back("measure." + name + "=" + value.dump());
  return settings;
}

/// The words `option value` for each value.
std::vector<std::string> repeated(const std::string& option,
                                  const std::vector<std::string>& values) {
  std::vector<std::string> words;
  for (const std::string& value : values) words.insert(words.end(), {option, value});
  return words;
}

/// A program that may be built anew while it is measured.
class ProgramFile {
 public:
  explicit ProgramFile(std::string path) : path_(std::move(path)), stamp_(stamp()) {}

  const std::string& path() const { return path_; }
  /// Throws if it is not the file that it was.
  void require_same() const {
    if (stamp() != stamp_)
      throw run::ProgramError(path_ + ": changed while it was measured; run `ab` again");
  }

 private:
  using Stamp = std::pair<std::filesystem::file_time_type, std::uintmax_t>;
  Stamp stamp() const {
    std::error_code gone;
    return {std::filesystem::last_write_time(path_, gone), std::filesystem::file_size(path_, gone)};
  }

  std::string path_;
  Stamp stamp_;
};

/// The command line of OLD's workers.
std::vector<std::string> old_worker_argv(const std::string& program, const record::Run& run) {
  std::vector<std::string> argv{program, "worker"};
  for (const record::Plugin& p : run.plugins)
    argv = joined(argv, {"--plugin", p.path, "--sha256", p.sha256});
  return argv;
}

/// A record holds lists and sources of inputs in its config only. If this program cannot read OLD's
/// config, a case with any of these fails by itself.
void restore_from_config(const ConfigArgs& args, const registry::Catalogue& catalogue,
                         std::vector<record::CaseRecord>& cases) {
  try {
    plan::restore_from_config(read_config(args, catalogue), cases);
  } catch (const config::ConfigError&) {
    return;
  }
}

/// Prints the comparison, writes its page and returns the exit code.
int conclude(const AbArgs& args, const std::string& old_dir, const std::string& fresh_dir,
             const std::string& dir) {
  CompareArgs compare = args.compare;
  compare.base = {old_dir};
  compare.fresh = {fresh_dir};
  compare.html_file = dir + "/comparison.html";
  compare.allow.push_back("build");  // That the builds differ is what it is about.
  const int code = compare_runs(compare);
  write_comparison_page(compare);
  std::cout << "\nBoth sides: " << compare.html_file << "; each alone: " << old_dir << ", "
            << fresh_dir << "\n";
  return code;
}

/// OLD as it plans the config itself.
TwoSidesRun plan_old(const AbArgs& args, const ConfigArgs& config_args, const ProgramFile& program,
                     const PluginArgs& plugins, const TwoSidesRun& fresh,
                     const config::Config& config, const Interrupt& interrupt,
                     const registry::Catalogue& catalogue) {
  run::PlanRequest request;
  request.program = program.path();
  request.arguments = joined(
      joined({config_args.path},
             repeated("--set", joined(config_args.overrides, settings_of(config, fresh.run)))),
      joined(repeated("--plugin", plugins.paths), repeated("--python", plugins.files)));
  request.wake_mask = interrupt.wake_mask();
  request.interrupted = [&interrupt] { return !interrupt.name().empty(); };
  TwoSidesRun old{"OLD", args.program.empty() ? "this program" : program.path(),
                  run::plan_of(request), fresh.options};
  old.options.worker_argv = old_worker_argv(program.path(), old.run);
  old.options.file_workers = file_workers(old.options.worker_argv, catalogue);
  if (!old.run.cases.empty())
    run::require_understanding(old.options, old.run.cases.front().plan, program.path());
  return old;
}

int compare_builds(const AbArgs& args, const PluginArgs& plugins) {
  const std::string path = find_config(args.config);
  require_sense(args, path);
  const ProgramFile program(args.program.empty()
                                ? std::filesystem::read_symlink("/proc/self/exe").string()
                                : run::program_file(args.program));
  PluginArgs fresh_plugins = plugins;
  fresh_plugins.paths = joined(plugins.paths, args.fresh.plugins);
  const registry::Catalogue catalogue = load_catalogue(fresh_plugins);
  const config::Config config =
      read_config({path, joined(args.overrides, args.fresh.overrides)}, catalogue);
  const Interrupt interrupt;
  const auto interrupted = [&] { return interrupted_exit_code(interrupt.name()); };

  TwoSidesRun fresh{"NEW", "this program", prepare_with_pictures(config, catalogue),
                    conduct_options(config, interrupt, catalogue)};
  const ConfigArgs old_config{path, joined(args.overrides, args.old.overrides)};
  PluginArgs old_plugins = plugins;
  old_plugins.paths = joined(plugins.paths, args.old.plugins);
  TwoSidesRun old =
      plan_old(args, old_config, program, old_plugins, fresh, config, interrupt, catalogue);
  if (interrupted() != 0) return interrupted();
  restore_from_config(old_config, catalogue, old.run.cases);

  const std::string dir =
      run::make_run_dir(args.out_root, fresh.run.name + "-ab", fresh.run.started_utc,
                        needed_bytes(old.run) + needed_bytes(fresh.run));
  old.dir = dir + "/old";
  fresh.dir = dir + "/new";
  measure_both(old, fresh, interrupt);
  if (interrupted() != 0) {
    std::cerr << "attnbench: interrupted; what was measured is in " << old.dir << " and "
              << fresh.dir << ", and `attnbench compare` compares it\n";
    return interrupted();
  }
  program.require_same();
  return conclude(args, old.dir, fresh.dir, dir);
}

void add_side(CLI::App& command, const std::string& side, const std::string& name, SideArgs& args) {
  command
      .add_option("--" + side + "-set", args.overrides,
                  "Override a field of the config for " + name + " only (repeatable)")
      ->allow_extra_args(false);
  command
      .add_option("--" + side + "-plugin", args.plugins,
                  "Load variants from this shared object for " + name + " only (repeatable)")
      ->allow_extra_args(false)
      ->type_name("PATH");
}

const Command kAb{
    Topic::kSweeps, "ab",
    "Compare two builds, plugins or settings in one sweep: both are measured in the same rounds, "
    "so that drift of the machine cannot pass for a difference",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<AbArgs>();
      command.add_option("old", args->program,
                         "Another attnbench, or the folder of its install or source tree; without "
                         "it, OLD is this program, as NEW is");
      command.add_option("config", args->config, "Config file, as for run");
      command
          .add_option("--set", args->overrides,
                      "Override a field of the config for both (repeatable)")
          ->allow_extra_args(false);
      add_side(command, "old", "OLD", args->old);
      add_side(command, "new", "NEW", args->fresh);
      command
          .add_option("--out", args->out_root,
                      "Folder to write to: OUT/<name>-ab/<UTC time>/ gets old/, new/ (a run each) "
                      "and comparison.html")
          ->capture_default_str();
      add_comparing(command, args->compare);
      add_plugins(command, plugins);
      command.footer(
          "  attnbench ab ../last-release configs/quickstart.json\n"
          "  attnbench ab configs/mine.json --old-plugin a.so --new-plugin b.so\n"
          "  attnbench ab configs/mine.json --old-set variants.0.params.left=64 "
          "--new-set variants.0.params.left=128\n"
          "Exits as compare does: 4 if NEW is worse somewhere, 5 without a verdict. Ctrl-C leaves "
          "two partial runs;\nneither can be resumed, because both sides must meet the same "
          "rounds.");
      return [&plugins, args] {
        if (args->config.empty()) std::swap(args->program, args->config);  // One place was given.
        try {
          return compare_builds(*args, plugins);
        } catch (const record::SchemaError& e) {
          std::cerr << "attnbench: not comparable: " << e.what() << "\n";
          return kExitNotComparable;
        }
      };
    }};

}  // namespace
}  // namespace attnbench::cli
