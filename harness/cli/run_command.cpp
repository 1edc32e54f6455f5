// `run`: starts the sweep of a config, or goes on with one.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "plan/plan.h"
#include "record/json.h"
#include "run/facts.h"
#include "run/run_dir.h"
#include "run/same_run.h"
#include "run/shard.h"

namespace attnbench::cli {
namespace {

using record::Json;

/// Throws if the run to resume was begun with another config, program or machine.
void require_same(const record::Run& recorded, const record::Run& now, const std::string& dir) {
  std::string text;
  for (const std::string& difference : run::differences(recorded, now)) text += "\n  " + difference;
  if (!text.empty())
    throw record::RecordError(dir + " cannot be gone on with; what differs from the record is" +
                              text);
}

int start_sweep(const config::Config& config, const RunArgs& args, const Interrupt& interrupt,
                const registry::Catalogue& catalogue) {
  record::Run run = prepare_with_pictures(config, catalogue);
  if (!args.shard.empty()) run::take_shard(run, run::parse_shard(args.shard));
  const std::string dir =
      run::make_run_dir(args.out_root, run.name, run.started_utc, needed_bytes(run));
  run::Journal journal(dir + "/journal.jsonl");
  begin_journal(run, journal);
  measure_pending(run, journal, config, interrupt, catalogue, dir);
  return publish(run, dir, args.verbose);
}

int resume_sweep(const config::Config& config, const RunArgs& args, const Interrupt& interrupt,
                 const registry::Catalogue& catalogue) {
  const std::string dir =
      args.resume_dir->empty() ? args.out_root + "/" + config.name + "/latest" : *args.resume_dir;
  record::Run run;
  run::Journal journal(dir + "/journal.jsonl", run);
  if (!run.interleaved.empty())
    throw record::RecordError(dir +
                              " is one side of `attnbench ab` and cannot be gone on with alone, "
                              "because both sides must meet the same rounds; run `ab` again");
  require_same(run, describe(config, catalogue), dir);
  plan::restore_from_config(config, run.cases);
  if (!args.shard.empty()) {
    const run::Shard shard = run::parse_shard(args.shard);
    if (shard.index != run.shard || shard.count != run.shards)
      throw record::RecordError(dir + " holds shard " + std::to_string(run.shard) + "/" +
                                std::to_string(run.shards) + ", not " + args.shard);
  }
  const std::vector<Json> retries = run::retries(run);
  if (count_pending(run) == 0 && retries.empty() && !run.finished_utc.empty()) {
    std::cerr << run.name << ": nothing is left to measure in " << dir << "\n";
  } else {
    const auto add = [&](const Json& fact) {
      run::apply_fact(run, fact);
      journal.append(fact);
    };
    add({{"fact", "resume"}});
    for (const Json& fact : retries) add(fact);
    measure_pending(run, journal, config, interrupt, catalogue, dir);
  }
  return publish(run, dir, args.verbose);
}

}  // namespace

int run_sweep(const ConfigArgs& config_args, const RunArgs& args,
              const registry::Catalogue& catalogue) {
  const config::Config config = read_config(config_args, catalogue);
  const Interrupt interrupt;
  return args.resume_dir ? resume_sweep(config, args, interrupt, catalogue)
                         : start_sweep(config, args, interrupt, catalogue);
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
