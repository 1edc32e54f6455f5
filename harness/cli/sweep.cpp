// The steps of every command that measures: from a config to a planned run, through the conductor
// into the journal, to the run's files, its answer and its exit code.
#include "cli/sweep.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "analyze/analysis.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "cli/terminal.h"
#include "machine/ceilings.h"
#include "machine/machine.h"
#include "plan/pattern.h"
#include "plan/plan.h"
#include "plan/sentence.h"
#include "record/format.h"
#include "record/json.h"
#include "report/answer.h"
#include "report/files.h"
#include "report/glance.h"
#include "report/nothing_timed.h"
#include "report/warnings.h"
#include "run/environment.h"
#include "run/estimate.h"
#include "run/facts.h"
#include "run/progress.h"
#include "run/run_dir.h"

namespace attnbench::cli {

using record::Json;
using record::Outcome;

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
  for (const registry::File& f : catalogue.files())
    run.variant_files.push_back({f.path, f.sha256, f.plugin_sha256, f.versions});
  run.conditions = machine::read_conditions();
  run.environment = run::measuring_environment();
  return run;
}

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

record::Run prepare_with_pictures(const config::Config& config,
                                  const registry::Catalogue& catalogue,
                                  const std::string& sentence) {
  record::Run run = prepare(config, catalogue);
  run.patterns = plan::draw_patterns(run.cases, catalogue);
  run.undrawn = plan::undrawn_variants(run.cases, catalogue);
  run.sentence = plan::view_sentence(analyze::tokenize(sentence).tokens, run.cases, catalogue);
  return run;
}

run::ConductOptions conduct_options(const config::Config& config, const Interrupt& interrupt,
                                    const registry::Catalogue& catalogue) {
  run::ConductOptions options;
  options.worker_argv = worker_argv(catalogue);
  options.file_workers = file_workers(options.worker_argv, catalogue);
  options.min_time_s = config.measure.min_time_s;
  options.timeout_s = config.measure.timeout_s;
  options.behaviour = config.probes;
  options.wake_mask = interrupt.wake_mask();
  options.interrupted = [&interrupt] { return interrupt.name(); };
  return options;
}

int exit_code(const record::Run& run) {
  if (!run.interrupted.empty()) return interrupted_exit_code(run.interrupted);
  for (const record::CaseRecord& c : run.cases)
    if (record::went_wrong(c.plan.outcome)) return kExitCaseFailed;
  return report::nothing_timed_words(run).empty() ? kExitOk : kExitCaseFailed;
}

void say_if_nothing_timed(const record::Run& run) {
  const std::string words = report::nothing_timed_words(run);
  if (run.interrupted.empty() && !words.empty()) std::cerr << "attnbench: " << words << "\n";
}

size_t count_pending(const record::Run& run) {
  return static_cast<size_t>(std::count_if(run.cases.begin(), run.cases.end(), [](const auto& c) {
    return c.plan.outcome == Outcome::kPending;
  }));
}

int64_t needed_bytes(const record::Run& run) {
  constexpr int64_t kBytesACase = 8 << 10, kBytesASample = 2 << 10;
  return static_cast<int64_t>(run.cases.size()) * (kBytesACase + run.rounds * kBytesASample);
}

void warn_of_crowding(const record::Run& run) {
  const std::string words = report::crowding_words(run);
  if (!words.empty()) std::cerr << "attnbench: warning: " << words << "\n";
}

namespace {

/// Prints the run at a glance; if `verbose`, also in sentences.
void print_answer(const record::Run& run, bool verbose) {
  const analyze::Analysis analysis = analyze::analyze(run);
  std::cout << report::glance(run, analysis, output_screen());
  if (!verbose) return;
  std::cout << "\n";
  for (const std::string& line : report::answer_lines(run, analysis)) std::cout << line << "\n";
}

/// Whether the file is a record of just this run. An older one lacks fields that today's form would
/// add, with values that nobody measured, so that it is better left as it is.
bool holds(const std::string& path, const record::Run& run) {
  try {
    return record::run_to_text(record::run_from_text(run::read_file(path), path)) ==
           record::run_to_text(run);
  } catch (const std::exception&) {
    return false;  // There is none, or it is no record.
  }
}

}  // namespace

void begin_journal(const record::Run& run, run::Journal& journal) {
  Json first = {{"fact", "run"}};
  first.update(Json::parse(record::run_to_text(run)));
  journal.append(first);
  journal.sync();
}

std::function<void(const Json&)> keeping(record::Run& run, run::Journal& journal) {
  return [&run, &journal](const Json& fact) {
    run::apply_fact(run, fact);
    journal.append(fact);
    if (fact.at("fact") == "sample" || fact.at("fact") == "outcome") journal.sync();
  };
}

void end_journal(record::Run& run, run::Journal& journal, const Interrupt& interrupt) {
  keeping(run, journal)(
      {{"fact", "end"}, {"finished_utc", run::utc_now()}, {"interrupted", interrupt.name()}});
  journal.sync();
}

void write_files(const record::Run& run, const std::string& dir) {
  if (!holds(dir + "/run.json", run)) run::write_file(dir, "run.json", record::run_to_text(run));
  for (const report::ReportFile& file : report::report_files(run))
    run::write_file(dir, file.name, file.text);
}

void conduct_pending(record::Run& run, run::Journal& journal, const config::Config& config,
                     const Interrupt& interrupt, const registry::Catalogue& catalogue,
                     double later_s, bool ceilings_once) {
  run::ConductOptions options = conduct_options(config, interrupt, catalogue);
  options.ceilings_once = ceilings_once;
  options.fact = keeping(run, journal);
  run::Progress progress(std::cerr, terminal_columns(STDERR_FILENO), later_s);
  run::conduct(run, options, progress);
}

void measure_pending(record::Run& run, run::Journal& journal, const config::Config& config,
                     const Interrupt& interrupt, const registry::Catalogue& catalogue,
                     const std::string& dir, double later_s) {
  warn_of_crowding(run);
  std::cerr << run.name << ": " << record::plural(static_cast<int64_t>(count_pending(run)), "case")
            << ", " << record::plural(run.rounds, "round") << ", to " << dir << "\n";
  conduct_pending(run, journal, config, interrupt, catalogue, later_s);
  end_journal(run, journal, interrupt);
}

double expected_s(const std::vector<record::Case>& cases, const config::Config& config) {
  run::EstimateOptions options;
  options.rounds = static_cast<int>(config.measure.rounds);
  options.min_time_s = config.measure.min_time_s;
  options.timeout_s = config.measure.timeout_s;
  const machine::Moment moment = machine::measure_moment(1, /*bf16=*/true);
  options.fma_gflops_thread = moment.fma_gflops;
  options.bf16_gflops_thread = moment.bf16_gflops;
  options.cores = machine::default_threads();
  return run::estimate_s(cases, options);
}

void tell_of_retries(size_t count, const std::string& command) {
  if (count == 0) return;
  std::cerr << record::plural(static_cast<int64_t>(count), "case")
            << " failed for reasons outside the variants; `" << command << "` takes "
            << (count == 1 ? "it" : "them") << " up again\n";
}

int publish(const record::Run& run, const std::string& dir, bool verbose) {
  write_files(run, dir);
  print_answer(run, verbose);
  std::cout << " " << dir << "/report.html\n";
  say_if_nothing_timed(run);
  return exit_code(run);
}

}  // namespace attnbench::cli
