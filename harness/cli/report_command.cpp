// `report`: derives all report files of a run or a study again, shows two runs side by side in a
// page, or writes a figure or table for a paper.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/study_results.h"
#include "cli/sweep.h"
#include "config/config.h"
#include "run/journal.h"

namespace attnbench::cli {
namespace {

struct ReportArgs {
  std::vector<std::string> run_dirs;
  bool open = false;
  bool verbose = false;
  CompareArgs two;
  PaperArgs paper;
};

int derive_reports(const std::string& run_dir, bool open, bool verbose) {
  publish(run::load_run(run_dir), run_dir, verbose);
  if (open) open_page(run_dir + "/report.html");
  return kExitOk;
}

int derive_study(const std::string& dir, bool open) {
  study::Results results;
  load_results(dir, results);
  publish_study(results, dir);
  if (open) open_page(dir + "/study.html");
  return kExitOk;
}

/// What is of runs is not of a study, whose folder holds several.
void require_runs(const std::vector<std::string>& dirs) {
  for (const std::string& dir : dirs)
    if (holds_study(dir))
      throw config::ConfigError(
          {dir + ": holds a study; name one of its runs, each of which is a folder in it"});
}

int report(const ReportArgs& args, bool has_options_of_two, bool has_options_of_papers) {
  if (args.run_dirs.size() == 2 || has_options_of_papers) require_runs(args.run_dirs);
  if (has_options_of_papers) {
    if (args.run_dirs.size() == 2 || args.open || args.verbose)
      throw config::ConfigError(
          {"report: figures and tables for a paper are of one run, without --open or --verbose"});
    write_papers(run::load_run(args.run_dirs.front()), args.paper);
    return kExitOk;
  }
  if (args.run_dirs.size() == 2) {
    CompareArgs two = args.two;
    two.base = {args.run_dirs[0]};
    two.fresh = {args.run_dirs[1]};
    const int code = report_two_runs(two);
    if (args.open) open_page(two.html_file);
    return code;
  }
  if (has_options_of_two)
    throw config::ConfigError({"report: --html, --tolerance, --noise and --allow need two runs"});
  const std::string& dir = args.run_dirs.front();
  return holds_study(dir) ? derive_study(dir, args.open)
                          : derive_reports(dir, args.open, args.verbose);
}

const Command kReport{
    Topic::kResults, "report",
    "Derive all report files of a run again, put two runs side by side in a page, or write a "
    "figure or table for a paper",
    [](CLI::App& command, PluginArgs&) -> Action {
      auto args = std::make_shared<ReportArgs>();
      command
          .add_option("run_dirs", args->run_dirs,
                      "Folder of a run or of a study; with a second one: BASE and NEW")
          ->required()
          ->expected(1, 2);
      command.add_flag("--open", args->open, "Show the page in the browser");
      add_verbose(command, args->verbose);
      auto* two = command.add_option_group("two", "For two runs");
      two->add_option("--html", args->two.html_file, "File of the page")->capture_default_str();
      add_comparing(*two, args->two);
      auto* paper = add_paper(command, args->paper);
      return [args, two, paper] {
        return report(*args, two->count_all() > 0, paper->count_all() > 0);
      };
    }};

}  // namespace
}  // namespace attnbench::cli
