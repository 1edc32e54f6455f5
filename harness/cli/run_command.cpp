// `run` and `check CONFIG`: from a config to a conducted sweep and its files.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>

#include "analyze/analysis.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "config/config.h"
#include "measure/machine.h"
#include "plan/plan.h"
#include "record/json.h"
#include "report/answer.h"
#include "report/files.h"
#include "run/conductor.h"
#include "run/journal.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

using record::Json;
using record::Outcome;

/// The run as it is before anything is measured.
record::Run prepare(const config::Config& config, const registry::Catalogue& catalogue) {
  record::Run run;
  run.name = config.name;
  run.description = config.description;
  run.config_json = Json::parse(config::config_to_text(config)).dump(2);
  run.baseline = config.report.baseline;
  run.seed = config.measure.seed;
  run.rounds = static_cast<int>(config.measure.rounds);
  run.memory_limit_bytes =
      config.measure.memory_limit_bytes.value_or(measure::available_memory_bytes());
  run.started_utc = run::utc_now();
  run.machine = measure::read_machine();
  run.build = measure::read_build();
  run.conditions = measure::read_conditions();
  run.openmp_settings = measure::openmp_settings();
  plan::Plan plan = plan::make_plan(config, catalogue, run.memory_limit_bytes);
  run.largest_fits = std::move(plan.largest_fits);
  for (record::Case& c : plan.cases) {
    record::CaseRecord record;
    record.plan = std::move(c);
    run.cases.push_back(std::move(record));
  }
  return run;
}

config::Config read(const ConfigArgs& args, const registry::Catalogue& catalogue) {
  return config::read_config(args.path, args.overrides, catalogue, measure::read_machine().cores);
}

run::ConductOptions conduct_options(const config::Config& config, const Interrupt& interrupt) {
  run::ConductOptions options;
  options.worker_argv = {"/proc/self/exe", "worker"};
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
    if (c.plan.outcome == Outcome::kInvalid || c.plan.outcome == Outcome::kFailed ||
        c.plan.outcome == Outcome::kTimeout)
      return kExitCaseFailed;
  return kExitOk;
}

void write_reports(const record::Run& run, const std::string& dir) {
  for (const report::ReportFile& file : report::report_files(run))
    run::write_file(dir, file.name, file.text);
}

void print_answer(const record::Run& run) {
  std::cout << "\n";
  for (const std::string& line : report::answer_lines(run, analyze::analyze(run)))
    std::cout << line << "\n";
}

}  // namespace

int run_sweep(const ConfigArgs& args, const std::string& out_root,
              const registry::Catalogue& catalogue) {
  const config::Config config = read(args, catalogue);
  record::Run run = prepare(config, catalogue);
  const std::string dir = run::make_run_dir(out_root, run.name, run.started_utc);
  run::Journal journal(dir + "/journal.jsonl");

  Json first = {{"fact", "run"}};
  first.update(Json::parse(record::run_to_text(run)));
  journal.append(first);
  journal.sync();

  const Interrupt interrupt;
  run::ConductOptions options = conduct_options(config, interrupt);
  options.fact = [&](const Json& fact) {
    run::apply_fact(run, fact);
    journal.append(fact);
    if (fact.at("fact") == "sample" || fact.at("fact") == "outcome") journal.sync();
  };
  std::cerr << run.name << ": " << run.cases.size() << " cases, " << run.rounds << " rounds, to "
            << dir << "\n";
  {
    run::Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
    run::conduct(run, options, progress);
  }
  options.fact(
      {{"fact", "end"}, {"finished_utc", run::utc_now()}, {"interrupted", interrupt.name()}});
  journal.sync();
  run::write_file(dir, "run.json", record::run_to_text(run));
  write_reports(run, dir);
  print_answer(run);
  std::cout << "\nFull report: " << dir << "/report.md\n";
  return exit_code(run);
}

int check_config(const ConfigArgs& args, const registry::Catalogue& catalogue) {
  const config::Config config = read(args, catalogue);
  record::Run run = prepare(config, catalogue);
  const Interrupt interrupt;
  run::ConductOptions options = conduct_options(config, interrupt);
  options.check_only = true;
  options.fact = [&](const Json& fact) { run::apply_fact(run, fact); };
  {
    run::Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
    run::conduct(run, options, progress);
  }
  run.interrupted = interrupt.name();
  for (const record::CaseRecord& c : run.cases) {
    std::cout << record::outcome_name(c.plan.outcome) << ": " << describe_case(c.plan);
    if (c.plan.outcome == Outcome::kOk)
      std::cout << ": worst error " << c.check->worst_error << ", "
                << c.check->worst_error_over_bound << " of its bound, " << c.check->rows_checked
                << " rows";
    else
      std::cout << ": " << c.plan.reason;
    std::cout << "\n";
  }
  return exit_code(run);
}

int derive_reports(const std::string& run_dir) {
  const bool finished = std::filesystem::exists(run_dir + "/run.json");
  record::Run run =
      finished ? record::run_from_text(run::read_file(run_dir + "/run.json"), run_dir + "/run.json")
               : run::replay_journal(run_dir + "/journal.jsonl");
  write_reports(run, run_dir);
  print_answer(run);
  std::cout << "\nFull report: " << run_dir << "/report.md\n";
  return kExitOk;
}

}  // namespace attnbench::cli
