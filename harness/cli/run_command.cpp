// `run` and `merge`, and the parts of `check` and `report` that take a config or a run: from
// configs and records to sweeps and their files.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>

#include "analyze/analysis.h"
#include "analyze/sentence.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/plugins.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "machine/machine.h"
#include "plan/pattern.h"
#include "plan/plan.h"
#include "record/json.h"
#include "report/answer.h"
#include "report/files.h"
#include "report/glance.h"
#include "report/nothing_timed.h"
#include "report/warnings.h"
#include "report/words.h"
#include "run/conductor.h"
#include "run/environment.h"
#include "run/facts.h"
#include "run/journal.h"
#include "run/run_dir.h"
#include "run/same_run.h"
#include "run/shard.h"

namespace attnbench::cli {
namespace {

using record::Json;
using record::Outcome;

constexpr double kNoTimeLimit_s = 1e9;

/// The run of this config by this program on this machine, its cases not yet planned.
record::Run describe(const config::Config& config, const registry::Catalogue& catalogue) {
  record::Run run;
  run.name = config.name;
  run.description = config.description;
  run.config_json = Json::parse(config::config_to_text(config)).dump(2);
  run.baseline = config.report.baseline;
  run.seed = config.measure.seed;
  run.rounds = static_cast<int>(config.measure.rounds);
  run.memory_limit_bytes =
      config.measure.memory_limit_bytes.value_or(machine::available_memory_bytes());
  run.started_utc = run::utc_now();
  run.machine = machine::read_machine();
  run.build = machine::read_build();
  for (const registry::Plugin& p : catalogue.plugins())
    run.plugins.push_back({p.path, p.sha256, p.compiler, p.flags, p.build_type});
  run.conditions = machine::read_conditions();
  run.environment = run::measuring_environment();
  return run;
}

/// The run with its cases planned, before anything is measured.
record::Run prepare(const config::Config& config, const registry::Catalogue& catalogue) {
  record::Run run = describe(config, catalogue);
  plan::Plan plan = plan::make_plan(config, catalogue, run.memory_limit_bytes);
  run.largest_fits = std::move(plan.largest_fits);
  for (record::Case& c : plan.cases) {
    record::CaseRecord record;
    record.plan = std::move(c);
    run.cases.push_back(std::move(record));
  }
  return run;
}

run::ConductOptions conduct_options(const config::Config& config, const Interrupt& interrupt,
                                    const registry::Catalogue& catalogue) {
  run::ConductOptions options;
  options.worker_argv = worker_argv(catalogue);
  options.min_time_s = config.measure.min_time_s;
  options.timeout_s = config.measure.timeout_s;
  options.wake_mask = interrupt.wake_mask();
  options.interrupted = [&interrupt] { return interrupt.name(); };
  return options;
}

int exit_code(const record::Run& run) {
  if (run.interrupted == "SIGINT") return 128 + SIGINT;
  if (run.interrupted == "SIGTERM") return 128 + SIGTERM;
  for (const record::CaseRecord& c : run.cases)
    if (record::went_wrong(c.plan.outcome)) return kExitCaseFailed;
  return report::nothing_timed_words(run).empty() ? kExitOk : kExitCaseFailed;
}

/// Called last, so that a long answer does not hide the message.
void say_if_nothing_timed(const record::Run& run) {
  const std::string words = report::nothing_timed_words(run);
  if (run.interrupted.empty() && !words.empty()) std::cerr << "attnbench: " << words << "\n";
}

void write_reports(const record::Run& run, const std::string& dir) {
  for (const report::ReportFile& file : report::report_files(run))
    run::write_file(dir, file.name, file.text);
}

/// Prints the run at a glance; if `verbose`, also in sentences.
void print_answer(const record::Run& run, bool verbose) {
  const analyze::Analysis analysis = analyze::analyze(run);
  std::cout << report::glance(run, analysis, output_screen());
  if (!verbose) return;
  std::cout << "\n";
  for (const std::string& line : report::answer_lines(run, analysis)) std::cout << line << "\n";
}

size_t count_pending(const record::Run& run) {
  return static_cast<size_t>(std::count_if(run.cases.begin(), run.cases.end(), [](const auto& c) {
    return c.plan.outcome == Outcome::kPending;
  }));
}

/// More bytes than the journal and all files derived from it took in many runs.
int64_t needed_bytes(const record::Run& run) {
  constexpr int64_t kBytesACase = 8 << 10, kBytesASample = 2 << 10;
  return static_cast<int64_t>(run.cases.size()) * (kBytesACase + run.rounds * kBytesASample);
}

/// Throws if the run to resume was begun with another config, program or machine.
void require_same(const record::Run& recorded, const record::Run& now, const std::string& dir) {
  std::string text;
  for (const std::string& difference : run::differences(recorded, now)) text += "\n  " + difference;
  if (!text.empty())
    throw record::RecordError(dir + " cannot be gone on with; what differs from the record is" +
                              text);
}

void tell_of_retries(const record::Run& run, const std::string& dir) {
  const size_t count = run::retries(run).size();
  if (count > 0)
    std::cerr << count << (count == 1 ? " case" : " cases")
              << " failed for reasons outside the variants; `run CONFIG --resume " << dir
              << "` takes them up again\n";
}

void warn_of_crowding(const record::Run& run) {
  const std::string words = report::crowding_words(run);
  if (!words.empty()) std::cerr << "attnbench: warning: " << words << "\n";
}

/// Measures the pending cases and writes each fact into the journal.
void measure_pending(record::Run& run, run::Journal& journal, const config::Config& config,
                     const Interrupt& interrupt, const registry::Catalogue& catalogue,
                     const std::string& dir) {
  run::ConductOptions options = conduct_options(config, interrupt, catalogue);
  options.fact = [&](const Json& fact) {
    run::apply_fact(run, fact);
    journal.append(fact);
    if (fact.at("fact") == "sample" || fact.at("fact") == "outcome") journal.sync();
  };
  warn_of_crowding(run);
  std::cerr << run.name << ": " << count_pending(run) << " cases, " << run.rounds << " rounds, to "
            << dir << "\n";
  {
    run::Progress progress(std::cerr, terminal_columns(STDERR_FILENO));
    run::conduct(run, options, progress);
  }
  options.fact(
      {{"fact", "end"}, {"finished_utc", run::utc_now()}, {"interrupted", interrupt.name()}});
  journal.sync();
  tell_of_retries(run, dir);
}

/// Writes run.json and the reports of a run, and prints its answer.
int publish(const record::Run& run, const std::string& dir, bool verbose) {
  run::write_file(dir, "run.json", record::run_to_text(run));
  write_reports(run, dir);
  print_answer(run, verbose);
  std::cout << " " << dir << "/report.html\n";
  say_if_nothing_timed(run);
  return exit_code(run);
}

int start_sweep(const config::Config& config, const RunArgs& args, const Interrupt& interrupt,
                const registry::Catalogue& catalogue) {
  record::Run run = prepare(config, catalogue);
  run.patterns = plan::draw_patterns(run.cases, catalogue);
  run.sentence =
      plan::view_sentence(analyze::tokenize(analyze::kDefaultText).tokens, run.cases, catalogue);
  if (!args.shard.empty()) run::take_shard(run, run::parse_shard(args.shard));
  const std::string dir =
      run::make_run_dir(args.out_root, run.name, run.started_utc, needed_bytes(run));
  run::Journal journal(dir + "/journal.jsonl");
  Json first = {{"fact", "run"}};
  first.update(Json::parse(record::run_to_text(run)));
  journal.append(first);
  journal.sync();
  measure_pending(run, journal, config, interrupt, catalogue, dir);
  return publish(run, dir, args.verbose);
}

int resume_sweep(const config::Config& config, const RunArgs& args, const Interrupt& interrupt,
                 const registry::Catalogue& catalogue) {
  const std::string dir =
      args.resume_dir->empty() ? args.out_root + "/" + config.name + "/latest" : *args.resume_dir;
  record::Run run;
  run::Journal journal(dir + "/journal.jsonl", run);
  require_same(run, describe(config, catalogue), dir);
  plan::restore_lists(config, run.cases);
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

int check_config(const ConfigArgs& args, bool all_rows, const registry::Catalogue& catalogue) {
  const config::Config config = read_config(args, catalogue);
  record::Run run = prepare(config, catalogue);
  warn_of_crowding(run);
  const Interrupt interrupt;
  run::ConductOptions options = conduct_options(config, interrupt, catalogue);
  options.check_only = true;
  options.all_rows = all_rows;
  if (all_rows) options.timeout_s = kNoTimeLimit_s;
  options.fact = [&](const Json& fact) { run::apply_fact(run, fact); };
  {
    run::Progress progress(std::cerr, terminal_columns(STDERR_FILENO));
    run::conduct(run, options, progress);
  }
  run.interrupted = interrupt.name();
  for (const record::CaseRecord& c : run.cases) {
    const int64_t rows = record::output_rows(c.plan.problem);
    std::cout << record::outcome_name(c.plan.outcome) << ": " << describe_case(c.plan);
    if (c.plan.outcome == Outcome::kOk)
      std::cout << ": worst error " << c.check->worst_error << ", "
                << c.check->worst_error_over_bound << " of its bound, " << c.check->rows_checked
                << " of " << rows << " rows; " << report::visible_words(*c.check, rows);
    else
      std::cout << ": " << c.plan.reason;
    std::cout << "\n";
  }
  say_if_nothing_timed(run);
  return exit_code(run);
}

int derive_reports(const std::string& run_dir, bool open, bool verbose) {
  publish(run::load_run(run_dir), run_dir, verbose);
  if (open) open_page(run_dir + "/report.html");
  return kExitOk;
}

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
