// `check`: tests the cases of a config, or variants by the conformance suite, one line per promise.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "record/format.h"
#include "report/words.h"
#include "run/check_variant.h"
#include "run/facts.h"
#include "run/progress.h"

namespace attnbench::cli {
namespace {

constexpr int kProblems = 60;
constexpr uint64_t kSeed = 1;
constexpr double kNoTimeLimit_s = 1e9;

void print(const registry::Entry& entry, const conformance::Finding& finding) {
  using conformance::Status;
  std::cout << std::left << std::setw(16) << status_name(finding.status) << entry.name() << ": "
            << finding.promise;
  if (finding.status == Status::kOk || finding.status == Status::kFailed)
    std::cout << " (" << record::plural(finding.problems_tried, "problem") << ")";
  std::cout << (finding.note.empty() ? "" : ": ") << finding.note << "\n";
  if (!finding.failure.empty()) std::cout << std::string(16, ' ') << finding.failure << "\n";
  std::cout.flush();
}

/// `timeout_s` limits each problem.
int check_variants(const std::vector<const registry::Entry*>& entries, double timeout_s,
                   const registry::Catalogue& catalogue) {
  const Interrupt interrupt;
  const auto file_workers = cli::file_workers(worker_argv(catalogue), catalogue);
  bool all_ok = true;
  for (const registry::Entry* entry : entries) {
    run::CheckOptions options;
    options.worker_argv = worker_argv(catalogue);
    options.file_workers = file_workers;
    options.problems = kProblems;
    options.seed = kSeed;
    options.timeout_s = timeout_s;
    options.wake_mask = interrupt.wake_mask();
    options.interrupted = [&] { return !interrupt.name().empty(); };
    options.note = [&](const std::string& text) {
      std::cerr << entry->name() << ": " << text << "\n";
    };
    options.found = [&](const conformance::Finding& finding) {
      print(*entry, finding);
      all_ok = all_ok && is_fine(finding.status);
    };
    run::check_variant(*entry, options);
    if (const int code = interrupted_exit_code(interrupt.name()); code != 0) return code;
  }
  return all_ok ? kExitOk : kExitCaseFailed;
}

/// Checks a sample of each output's rows; if `all_rows`, every row without a time limit.
int check_config(const ConfigArgs& args, bool all_rows, const registry::Catalogue& catalogue) {
  const config::Config config = read_config(args, catalogue);
  record::Run run = prepare(config, catalogue);
  warn_of_crowding(run);
  const Interrupt interrupt;
  run::ConductOptions options = conduct_options(config, interrupt, catalogue);
  options.check_only = true;
  options.all_rows = all_rows;
  if (all_rows) options.timeout_s = kNoTimeLimit_s;
  options.fact = [&](const record::Json& fact) { run::apply_fact(run, fact); };
  {
    run::Progress progress(std::cerr, terminal_columns(STDERR_FILENO));
    run::conduct(run, options, progress);
  }
  run.interrupted = interrupt.name();
  for (const record::CaseRecord& c : run.cases) {
    const int64_t rows = record::output_rows(c.plan.problem);
    std::cout << record::outcome_name(c.plan.outcome) << ": " << describe_case(c.plan);
    if (c.plan.outcome == record::Outcome::kOk)
      std::cout << ": worst error " << c.check->worst_error << ", "
                << c.check->worst_error_over_bound << " of its bound, " << c.check->rows_checked
                << " of " << record::plural(rows, "row") << "; "
                << report::visible_words(*c.check, rows, c.plan.kind);
    else
      std::cout << ": " << c.plan.reason;
    std::cout << "\n";
  }
  say_if_nothing_timed(run);
  return exit_code(run);
}

struct CheckArgs {
  ConfigArgs target;  ///< The path is a config or a variant's name; empty for all variants.
  double timeout_s = 10;
  bool all_rows = false;
};

int check(const CheckArgs& args, const registry::Catalogue& catalogue) {
  const std::string& target = args.target.path;
  if (target.empty()) {
    std::vector<const registry::Entry*> all;
    for (const registry::Entry& entry : catalogue.entries()) all.push_back(&entry);
    return check_variants(all, args.timeout_s, catalogue);
  }
  if (const registry::Entry* entry = catalogue.find(target))
    return check_variants({entry}, args.timeout_s, catalogue);
  if (target != "-" && !std::filesystem::exists(target))
    throw config::ConfigError({"'" + target + "' is neither a config nor a variant; there are: " +
                               variant_names(catalogue) + " (--plugin loads more)"});
  return check_config(args.target, args.all_rows, catalogue);
}

const Command kCheck{
    Topic::kVariants, "check",
    "Correctness only: the cases of a config, or the conformance suite on one variant (by its "
    "name) or on all",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<CheckArgs>();
      add_config(command, args->target, false);
      command
          .add_option("--timeout", args->timeout_s,
                      "Seconds that a variant may take for one problem of the suite")
          ->check(CLI::Range(0.001, 1e6))
          ->capture_default_str();
      command.add_flag("--all-rows", args->all_rows,
                       "Compare every output row of a config's cases with the variant's "
                       "definition, however long it takes, not a sample of them (the suite always "
                       "does)");
      add_plugins(command, plugins);
      return [&plugins, args] { return check(*args, load_catalogue(plugins)); };
    }};

}  // namespace

}  // namespace attnbench::cli
