// `study`: measures the configs of a study, one after another, and judges its claims.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/installed.h"
#include "cli/measured_run.h"
#include "cli/plugins.h"
#include "cli/study_results.h"
#include "cli/sweep.h"
#include "machine/machine.h"
#include "record/format.h"
#include "run/progress.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

struct StudyArgs {
  std::string folder;
  std::string out_root = RunArgs().out_root;
  std::string resume_dir;
  bool resume = false;
  bool quick = false;
  bool gate = false;
  std::vector<std::string> sections;
};

/// The runs of a study as planned, before any is measured.
struct Planned {
  std::vector<record::Run> runs;
  std::vector<double> expected_s;  ///< Of each.
};

Planned plan_all(const study::Ready& ready, const registry::Catalogue& catalogue) {
  Planned planned;
  for (size_t i = 0; i < ready.configs.size(); ++i) {
    const config::Config& config = ready.configs[i];
    const std::string& sentence = ready.study.configs[i].sentence;
    planned.runs.push_back(prepare_with_pictures(
        config, catalogue, sentence.empty() ? analyze::kDefaultText : sentence));
    std::vector<record::Case> cases;
    for (const record::CaseRecord& c : planned.runs.back().cases) cases.push_back(c.plan);
    planned.expected_s.push_back(expected_s(cases, config));
  }
  return planned;
}

std::string new_folder(const study::Ready& ready, const Planned& planned, const StudyArgs& args) {
  int64_t bytes = 0;
  for (const record::Run& run : planned.runs) bytes += needed_bytes(run);
  return run::make_run_dir(args.out_root, ready.study.name, run::utc_now(), bytes);
}

bool was_begun(const std::string& dir) {
  std::error_code error;
  return std::filesystem::exists(dir + "/journal.jsonl", error);
}

/// Of a folder that this study did not begin nothing may be overwritten.
std::string folder_to_resume(const study::Ready& ready, const StudyArgs& args,
                             const registry::Catalogue& catalogue) {
  const std::string dir = args.resume_dir.empty()
                              ? args.out_root + "/" + ready.study.name + "/latest"
                              : args.resume_dir;
  if (!holds_study(dir))
    throw record::RecordError(dir + ": holds no study to go on with; leave out --resume to begin");
  if (read_choice(dir).quick != args.quick)
    throw record::RecordError(dir + " was begun " + (args.quick ? "without" : "with") +
                              " --quick; go on in the same way");
  if (const std::string name = study::read_results(dir).name; name != ready.study.name)
    throw record::RecordError(dir + " holds the study " + name + ", not " + ready.study.name);
  for (size_t i = 0; i < ready.configs.size(); ++i) {
    const std::string run = dir + "/" + run_folder(ready.study.configs[i].file);
    if (was_begun(run)) require_resumable(ready.configs[i], run, catalogue);
  }
  return dir;
}

/// Measures what is left of one config's run.
void measure_one(record::Run& run, const config::Config& config, const std::string& dir,
                 const Interrupt& interrupt, const registry::Catalogue& catalogue, double later_s) {
  if (was_begun(dir)) {
    run = go_on(config, dir, "", interrupt, catalogue, later_s);
    return;
  }
  run::make_folder(dir);
  measure_new(run, config, dir, interrupt, catalogue, later_s);
}

void measure_all(const study::Ready& ready, Planned& planned, const std::string& dir,
                 const Interrupt& interrupt, const registry::Catalogue& catalogue) {
  double later_s = std::reduce(planned.expected_s.begin(), planned.expected_s.end());
  for (size_t i = 0; i < ready.configs.size() && interrupt.name().empty(); ++i) {
    later_s -= planned.expected_s[i];
    std::cerr << "config " << i + 1 << " of " << ready.configs.size() << ": ";
    measure_one(planned.runs[i], ready.configs[i],
                dir + "/" + run_folder(ready.study.configs[i].file), interrupt, catalogue, later_s);
  }
}

int run_study(const StudyArgs& args, const registry::Catalogue& catalogue) {
  const study::Ready ready = study::read_study(
      find_study(args.folder), args.quick ? study::Size::kQuick : study::Size::kFull, args.sections,
      catalogue, machine::default_threads());
  const Interrupt interrupt;
  Planned planned = plan_all(ready, catalogue);
  const std::string dir =
      args.resume ? folder_to_resume(ready, args, catalogue) : new_folder(ready, planned, args);
  for (const auto& [name, text] : ready.files) run::write_file(dir, name, text);
  write_choice({args.quick}, dir);
  std::cerr << ready.study.name << ": "
            << record::plural(static_cast<int64_t>(ready.configs.size()), "config") << ", about "
            << run::duration_words(
                   std::reduce(planned.expected_s.begin(), planned.expected_s.end()))
            << ", to " << dir << "\n";
  measure_all(ready, planned, dir, interrupt, catalogue);

  study::Results results;
  load_results(dir, results);
  publish_study(results, dir);
  if (!interrupt.name().empty()) {
    std::cerr << "attnbench: interrupted; `study " << args.folder << " --resume " << dir
              << (args.quick ? " --quick" : "");
    for (const std::string& section : args.sections) std::cerr << " --only " << section;
    std::cerr << "` goes on\n";
    return interrupted_exit_code(interrupt.name());
  }
  return study_exit_code(results, args.gate);
}

const Command kStudy{
    Topic::kSweeps, "study", "Measure the configs of a study and judge what it claims",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<StudyArgs>();
      command.add_option("folder", args->folder, "Folder with study.json and its configs")
          ->required();
      add_out(command, args->out_root);
      const CLI::Option* resume =
          command
              .add_option("--resume", args->resume_dir,
                          "Go on with the study in this folder (default: the latest)")
              ->expected(0, 1)
              ->type_name("[STUDY_DIR]");
      command.add_flag("--quick", args->quick, "Fewer rounds and shorter lengths");
      command.add_option("--only", args->sections, "Only this section, by its id (repeatable)")
          ->allow_extra_args(false);
      command.add_flag("--gate", args->gate, "Exit with 4 if a claim does not hold");
      add_plugins(command, plugins);
      return [&plugins, args, resume] {
        args->resume = resume->count() > 0;
        return run_study(*args, load_catalogue(plugins));
      };
    }};

}  // namespace
}  // namespace attnbench::cli
