// `merge`: joins the runs of all shards of a sweep.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/sweep.h"
#include "run/journal.h"
#include "run/run_dir.h"
#include "run/shard.h"

namespace attnbench::cli {
namespace {

int merge_runs(const std::vector<std::string>& run_dirs, const std::string& out_root,
               bool verbose) {
  std::vector<run::ShardRecord> shards;
  for (const std::string& dir : run_dirs) shards.push_back({dir, run::load_run(dir)});
  const record::Run whole = run::merge(std::move(shards));
  return publish(whole,
                 run::make_run_dir(out_root, whole.name, whole.started_utc, needed_bytes(whole)),
                 verbose);
}

const Command kMerge{
    Topic::kSweeps, "merge", "Join the runs of all shards into one, with reports",
    [](CLI::App& command, PluginArgs&) -> Action {
      auto run_dirs = std::make_shared<std::vector<std::string>>();
      auto args = std::make_shared<RunArgs>();
      command.add_option("run_dirs", *run_dirs, "Folders of the shards' runs")->required();
      add_out(command, args->out_root);
      add_verbose(command, args->verbose);
      return [run_dirs, args] { return merge_runs(*run_dirs, args->out_root, args->verbose); };
    }};

}  // namespace
}  // namespace attnbench::cli
