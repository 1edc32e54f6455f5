// `run`: starts the sweep of a config, or goes on with one.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/measured_run.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "run/conductor.h"
#include "run/run_dir.h"
#include "run/shard.h"

namespace attnbench::cli {
namespace {

record::Run start_sweep(const config::Config& config, const RunArgs& args, std::string& dir,
                        const Interrupt& interrupt, const registry::Catalogue& catalogue) {
  record::Run run = prepare_with_pictures(config, catalogue);
  if (!args.shard.empty()) run::take_shard(run, run::parse_shard(args.shard));
  dir = run::make_run_dir(args.out_root, run.name, run.started_utc, needed_bytes(run));
  measure_new(run, config, dir, interrupt, catalogue);
  return run;
}

int finish(const record::Run& run, const std::string& dir, bool verbose) {
  tell_of_retries(run::retries(run).size(), "run CONFIG --resume " + dir);
  return publish(run, dir, verbose);
}

}  // namespace

int run_sweep(const ConfigArgs& config_args, const RunArgs& args,
              const registry::Catalogue& catalogue) {
  const config::Config config = read_config(config_args, catalogue);
  const Interrupt interrupt;
  if (!args.resume_dir) {
    std::string dir;
    const record::Run run = start_sweep(config, args, dir, interrupt, catalogue);
    return finish(run, dir, args.verbose);
  }
  const std::string dir =
      args.resume_dir->empty() ? args.out_root + "/" + config.name + "/latest" : *args.resume_dir;
  return finish(go_on(config, dir, args.shard, interrupt, catalogue), dir, args.verbose);
}

namespace {

const Command kRun{Topic::kSweeps, "run", "Run the sweep of a config and write its reports",
                   [](CLI::App& command, PluginArgs& plugins) -> Action {
                     struct Args {
                       ConfigArgs config;
                       RunArgs run;
                       std::string resume_dir;
                     };
                     auto args = std::make_shared<Args>();
                     add_config(command, args->config, true);
                     add_out(command, args->run.out_root);
                     const CLI::Option* resume =
                         command
                             .add_option("--resume", args->resume_dir,
                                         "Go on with the run in this folder (default: the latest)")
                             ->expected(0, 1)
                             ->type_name("[RUN_DIR]");
                     command.add_option("--shard", args->run.shard,
                                        "Measure part K of N only: --shard 1/4; see merge");
                     add_verbose(command, args->run.verbose);
                     add_plugins(command, plugins);
                     return [&plugins, args, resume] {
                       if (resume->count() > 0) args->run.resume_dir = args->resume_dir;
                       return run_sweep(args->config, args->run, load_catalogue(plugins));
                     };
                   }};

}  // namespace
}  // namespace attnbench::cli
