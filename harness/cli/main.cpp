// The program: parses arguments, hands over to a subcommand, and is the only place that catches.
#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <new>
#include <system_error>

#include "analyze/sentence.h"
#include "cli/commands.h"
#include "cli/installed.h"
#include "cli/plugins.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "record/json.h"
#include "run/run_dir.h"

namespace {

using namespace attnbench;

constexpr const char* kExamples =
    "attnbench measures what attention really costs on this CPU. Three lines to start with:\n"
    "  attnbench run configs/quickstart.json      sweep, check, time, fit and report\n"
    "  attnbench list                             the variants and their params\n"
    "  attnbench plan configs/scaling.json        what a run would do, without doing it\n"
    "attnbench --help says the rest.\n";

constexpr const char* kExitCodes =
    "Exit codes: 0 fine; 1 a case was invalid, failed or timed out; 2 bad usage, config or "
    "record;\n"
    "3 the environment refuses (disk, CPU, build); 4 compare: a regression; 5 compare: not "
    "comparable;\n130 interrupted (Ctrl-C); 143 terminated.";

void add_config(CLI::App* command, cli::ConfigArgs& args, bool required) {
  auto* path = command->add_option("config", args.path,
                                   "Config file (JSON, // comments allowed); - for standard input");
  if (required) path->required();
  command
      ->add_option("--set", args.overrides,
                   "Override a field by its path: --set sweep.seq_len=[512,1024] (repeatable)")
      ->allow_extra_args(false);
}

void add_out(CLI::App* command, std::string& out_root) {
  command->add_option("--out", out_root, "Folder that runs land in: OUT/<name>/<UTC time>/")
      ->capture_default_str();
}

void add_comparing(CLI::App* command, cli::CompareArgs& args) {
  command->add_option("--noise", args.noise_file,
                      "Noise floor to use (default: what `noise` stored for this machine)");
  command
      ->add_option("--allow", args.allow, "Compare in spite of: missing, machine, build, settings")
      ->check(CLI::IsMember({"missing", "machine", "build", "settings"}))
      ->delimiter(',');
}

/// Appends, so that it may stand before a subcommand and after it.
void add_plugins(CLI::App* command, cli::PluginArgs& args) {
  command
      ->add_option_function<std::vector<std::string>>(
          "--plugin",
          [&args](const std::vector<std::string>& more) {
            args.paths.insert(args.paths.end(), more.begin(), more.end());
          },
          "Load variants from this shared object, too (repeatable; also ATTNBENCH_PLUGINS, "
          "separated by colons)")
      ->allow_extra_args(false)
      ->type_name("PATH");
}

CLI::App* add_new(CLI::App& app, cli::NewArgs& args) {
  auto* command = app.add_subcommand("new", "Write a variant to start from");
  command->add_option("variant", args.name, "Its name, in snake_case")->required();
  auto* dir = command->add_option("--dir", args.dir,
                                  "Make a project of its own in this folder (default: a file in "
                                  "the source tree)");
  command->add_option("--family", args.family, "Folder under variants/ in the source tree")
      ->capture_default_str()
      ->excludes(dir);
  return command;
}

CLI::App* add_compare(CLI::App& app, cli::CompareArgs& args) {
  auto* compare = app.add_subcommand("compare", "Compare two runs, case by case");
  compare->add_option("base", args.base, "Folder of a run, or its run.json")->required();
  compare->add_option("new", args.fresh, "The other one")->required();
  compare->add_option("--format", args.format, "text, md, json or csv")
      ->check(CLI::IsMember({"text", "md", "json", "csv"}))
      ->capture_default_str();
  add_comparing(compare, args);
  return compare;
}

/// A run's folder, or two of them. Options that only two runs have are told apart by `dispatch`.
CLI::App* add_report(CLI::App& app, std::vector<std::string>& run_dirs, cli::CompareArgs& args) {
  auto* report = app.add_subcommand(
      "report", "Derive all report files of a run again, or put two runs side by side in a page");
  report->add_option("run_dirs", run_dirs, "Folder of a run; with a second one: BASE and NEW")
      ->required()
      ->expected(1, 2);
  report->add_flag("--open")->description("Show the page in the browser");
  auto* two = report->add_option_group("two", "Of two runs");
  two->add_option("--html", args.html_file, "File of the page")->capture_default_str();
  add_comparing(two, args);
  return report;
}

CLI::App* add_weights(CLI::App& app, cli::WeightsArgs& args) {
  auto* weights =
      app.add_subcommand("weights", "Show the attention weights between the tokens of a sentence");
  args.text = analyze::kDefaultText;
  weights
      ->add_option("--text", args.text,
                   "UTF-8 text; tokens stand between white space, else each character is one")
      ->capture_default_str();
  weights->add_option("--variant", args.variant, "An exact variant")->capture_default_str();
  weights->add_option("--param", args.params, "A param of it: --param left=2 (repeatable)")
      ->allow_extra_args(false);
  weights->add_flag("--causal", args.causal, "A token sees none after its own position");
  weights->add_option("--html", args.html_file, "Draw them into this file, too");
  return weights;
}

int check(const cli::ConfigArgs& target, double timeout_s, const registry::Catalogue& catalogue) {
  if (target.path.empty()) {
    std::vector<const registry::Entry*> all;
    for (const registry::Entry& entry : catalogue.entries()) all.push_back(&entry);
    return cli::check_variants(all, timeout_s, catalogue);
  }
  if (const registry::Entry* entry = catalogue.find(target.path))
    return cli::check_variants({entry}, timeout_s, catalogue);
  if (target.path != "-" && !std::filesystem::exists(target.path))
    throw config::ConfigError({"'" + target.path +
                               "' is neither a config nor a variant; there are: " +
                               cli::variant_names(catalogue) + " (--plugin loads more)"});
  return cli::check_config(target, catalogue);
}

int report_runs(const CLI::App& command, const std::vector<std::string>& run_dirs,
                cli::CompareArgs args) {
  const bool open = command.count("--open") > 0;
  if (run_dirs.size() == 2) {
    args.base = run_dirs[0];
    args.fresh = run_dirs[1];
    const int code = cli::report_two_runs(args);
    if (open) cli::open_page(args.html_file);
    return code;
  }
  if (command.count("--html") + command.count("--noise") + command.count("--allow") > 0)
    throw config::ConfigError({"report: --html, --noise and --allow need two runs"});
  return cli::derive_reports(run_dirs.front(), open);
}

int dispatch(int argc, char** argv) {
  CLI::App app{"Measures what attention really costs on this CPU."};
  app.footer(kExitCodes);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", ATTNBENCH_VERSION);

  cli::ConfigArgs config;
  cli::RunArgs run_args;
  std::string name, resume_dir;
  std::vector<std::string> run_dirs;
  bool json = false;

  auto* run = app.add_subcommand("run", "Run the sweep of a config and write its reports");
  add_config(run, config, true);
  add_out(run, run_args.out_root);
  auto* resume = run->add_option("--resume", resume_dir,
                                 "Go on with the run in this folder (default: the latest)");
  resume->expected(0, 1)->type_name("[RUN_DIR]");
  run->add_option("--shard", run_args.shard, "Measure part K of N only: --shard 1/4; see merge");
  auto* plan = app.add_subcommand("plan", "Show every case of a config; measures nothing");
  add_config(plan, config, true);
  auto* list = app.add_subcommand("list", "List the variants and their params");
  list->add_flag("--json", json, "As JSON");
  auto* describe = app.add_subcommand("describe", "Describe one variant and draw its pattern");
  describe->add_option("variant", name, "Its name")->required();
  auto* check_command = app.add_subcommand(
      "check",
      "Correctness only: the cases of a config, or the conformance suite on one variant "
      "(by its name) or on all");
  add_config(check_command, config, false);
  double problem_timeout_s = 10;
  check_command
      ->add_option("--timeout", problem_timeout_s,
                   "Seconds that a variant may take for one problem of the suite")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  cli::CompareArgs compare_args;
  auto* report = add_report(app, run_dirs, compare_args);
  auto* merge = app.add_subcommand("merge", "Join the runs of all shards into one, with reports");
  merge->add_option("run_dirs", run_dirs, "Folders of the shards' runs")->required();
  add_out(merge, run_args.out_root);
  auto* compare = add_compare(app, compare_args);
  cli::WeightsArgs weights_args;
  auto* weights = add_weights(app, weights_args);
  auto* noise = app.add_subcommand(
      "noise", "Measure what cannot be told apart here: one variant under two labels");
  add_config(noise, config, false);
  add_out(noise, run_args.out_root);
  cli::NewArgs new_args;
  auto* new_command = add_new(app, new_args);
  auto* machine = app.add_subcommand("machine", "Facts of this machine and its measured ceilings");
  machine->add_flag("--json", json, "As JSON");
  auto* schema = app.add_subcommand("schema", "Print the JSON Schema of configs");
  auto* worker = app.add_subcommand("worker", "")->group("");
  cli::PluginArgs plugins;
  worker->add_option("--sha256", plugins.sha256)->allow_extra_args(false);
  for (CLI::App* command : {&app, run, plan, list, describe, check_command, weights, noise,
                            new_command, schema, worker})
    add_plugins(command, plugins);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? cli::kExitOk : cli::kExitUsage;
  }

  if (merge->parsed()) return cli::merge_runs(run_dirs, run_args.out_root);
  if (report->parsed()) return report_runs(*report, run_dirs, compare_args);
  if (compare->parsed()) return cli::compare_runs(compare_args);
  if (machine->parsed()) return cli::print_machine(json);
  if (worker->parsed()) return cli::run_worker(cli::load_worker_catalogue(plugins));

  if (app.get_subcommands().empty()) {
    std::cout << kExamples;
    return cli::kExitOk;
  }

  const registry::Catalogue catalogue = cli::load_catalogue(plugins);
  config.path = cli::find_config(config.path);
  if (run->parsed()) {
    if (resume->count() > 0) run_args.resume_dir = resume_dir;
    return cli::run_sweep(config, run_args, catalogue);
  }
  if (plan->parsed()) return cli::print_plan(config, catalogue);
  if (list->parsed()) return cli::print_list(json, catalogue);
  if (describe->parsed()) return cli::describe_variant(name, catalogue);
  if (check_command->parsed()) return check(config, problem_timeout_s, catalogue);
  if (weights->parsed()) return cli::print_weights(weights_args, catalogue);
  if (new_command->parsed()) return cli::write_new_variant(new_args, catalogue);
  if (noise->parsed()) return cli::measure_noise(config, run_args.out_root, catalogue);
  std::cout << config::schema_text(catalogue);
  return cli::kExitOk;
}

int fail(int code, const std::string& what) {
  std::cerr << "attnbench: " << what << "\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // So that writing says that the file may not grow.
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
