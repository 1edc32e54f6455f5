// `study`: measures the configs of a study, one after another, and judges its claims.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
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
#include "report/cite.h"
#include "run/conductor.h"
#include "run/folder_lock.h"
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
  std::vector<double> expected_s;  ///< Of each, what is left.
};

double seconds_for(const record::Run& run, const config::Config& config) {
  std::vector<record::Case> cases;
  for (const record::CaseRecord& c : run.cases) cases.push_back(c.plan);
  return expected_s(cases, config);
}

Planned plan_all(const study::Ready& ready, const registry::Catalogue& catalogue) {
  Planned planned;
  for (size_t i = 0; i < ready.configs.size(); ++i) {
    const config::Config& config = ready.configs[i];
    const std::string& sentence = ready.study.configs[i].sentence;
    planned.runs.push_back(prepare_with_pictures(
        config, catalogue, sentence.empty() ? analyze::kDefaultText : sentence));
    planned.expected_s.push_back(seconds_for(planned.runs.back(), config));
  }
  return planned;
}

std::string new_folder(const study::Ready& ready, const Planned& planned, const StudyArgs& args) {
  int64_t bytes = 0;
  for (const record::Run& run : planned.runs) bytes += needed_bytes(run);
  return run::make_run_dir(args.out_root, ready.study.name, run::utc_now(), bytes);
}

/// A round that was begun but not finished counts as left.
double seconds_left(const record::Run& run, config::Config config) {
  auto done = static_cast<size_t>(run.rounds);
  for (const record::CaseRecord& c : run.cases)
    if (c.plan.outcome == record::Outcome::kPending) done = std::min(done, c.samples.size());
  config.measure.rounds -= static_cast<int64_t>(done);
  return seconds_for(run, config);
}

std::string folder_to_resume(const study::Ready& ready, const StudyArgs& args) {
  const std::string dir = args.resume_dir.empty()
                              ? args.out_root + "/" + ready.study.name + "/latest"
                              : args.resume_dir;
  if (!holds_study(dir))
    throw record::RecordError(dir + ": holds no study to go on with; leave out --resume to begin");
  return dir;
}

/// Of a folder that this study did not begin nothing may be overwritten.
void require_begun_alike(const study::Ready& ready, const std::string& dir, const StudyArgs& args,
                         const registry::Catalogue& catalogue) {
  if (read_choice(dir).quick != args.quick)
    throw record::RecordError(dir + " was begun " + (args.quick ? "without" : "with") +
                              " --quick; go on in the same way");
  if (const std::string name = study::read_results(dir).name; name != ready.study.name)
    throw record::RecordError(dir + " holds the study " + name + ", not " + ready.study.name);
  for (size_t i = 0; i < ready.configs.size(); ++i) {
    const std::string run = dir + "/" + run_folder(ready.study.configs[i].file);
    if (was_begun(run)) require_resumable(ready.configs[i], run, catalogue);
  }
}

/// A page leaves out no section that was asked for once.
std::vector<std::string> sections_of(const StudyArgs& args, const std::string& dir) {
  if (!args.resume || args.sections.empty()) return args.sections;
  std::vector<std::string> all = read_choice(dir).only;
  if (all.empty()) return all;
  for (const std::string& section : args.sections)
    if (std::ranges::find(all, section) == all.end()) all.push_back(section);
  return all;
}

void expect_what_is_left(const study::Ready& ready, const std::string& dir, Planned& planned) {
  for (size_t i = 0; i < ready.configs.size(); ++i) {
    const std::string run = dir + "/" + run_folder(ready.study.configs[i].file);
    if (was_begun(run)) planned.expected_s[i] = seconds_left(left_of(run), ready.configs[i]);
  }
}

/// Measures what is left of one config's run.
void measure_one(record::Run& run, const config::Config& config, const std::string& dir,
                 const Interrupt& interrupt, const registry::Catalogue& catalogue, double later_s) {
  if (was_begun(dir)) {
    run = go_on(config, dir, "", interrupt, catalogue, later_s);
    return;
  }
  run::make_folder(dir);
  std::error_code none;
  std::filesystem::remove(dir + "/journal.jsonl", none);  // It tells nothing if it was not begun.
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

/// A word of a shell command, quoted if it must be.
std::string word(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-=,:+@").find(c) != std::string_view::npos;
  });
  return plain ? text : report::shell_word(text);
}

/// The command that goes on with the study in `dir`.
std::string resume_command(const StudyArgs& args, const PluginArgs& plugins,
                           const std::string& dir) {
  std::string text = "study " + word(args.folder) + " --resume " + word(dir);
  if (args.quick) text += " --quick";
  if (args.gate) text += " --gate";
  for (const std::string& section : args.sections) text += " --only " + word(section);
  for (const std::string& path : plugins.paths) text += " --plugin " + word(path);
  for (const std::string& file : plugins.files) text += " --python " + word(file);
  return text;
}

/// How many cases of these configs could be taken up again.
size_t count_retries(const study::Results& results, const study::Ready& ready) {
  size_t count = 0;
  for (const study::StudyRun& run : results.runs)
    if (run.run && std::ranges::find(ready.study.configs, run.file, &study::ConfigOf::file) !=
                       ready.study.configs.end())
      count += run::retries(*run.run).size();
  return count;
}

int run_study(const StudyArgs& args, const PluginArgs& plugins) {
  const registry::Catalogue catalogue = load_catalogue(plugins);
  const study::Ready ready = study::read_study(
      find_study(args.folder), args.quick ? study::Size::kQuick : study::Size::kFull, args.sections,
      catalogue, machine::default_threads());
  const Interrupt interrupt;
  Planned planned = plan_all(ready, catalogue);
  const std::string dir =
      args.resume ? folder_to_resume(ready, args) : new_folder(ready, planned, args);
  const run::FolderLock lock(dir);
  if (args.resume) {
    require_begun_alike(ready, dir, args, catalogue);
    expect_what_is_left(ready, dir, planned);
  }
  write_study(ready, {args.quick, sections_of(args, dir)}, dir);
  std::cerr << ready.study.name << ": "
            << record::plural(static_cast<int64_t>(ready.configs.size()), "config") << ", about "
            << run::duration_words(
                   std::reduce(planned.expected_s.begin(), planned.expected_s.end()))
            << ", to " << dir << "\n";
  measure_all(ready, planned, dir, interrupt, catalogue);

  study::Results results;
  load_results(dir, results);
  publish_study(results, dir);
  const std::string command = resume_command(args, plugins, dir);
  if (!interrupt.name().empty()) {
    std::cerr << "attnbench: interrupted; `" << command << "` goes on\n";
    return interrupted_exit_code(interrupt.name());
  }
  say_what_went_wrong(results, dir);
  tell_of_retries(count_retries(results, ready), command);
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
        return run_study(*args, plugins);
      };
    }};

}  // namespace
}  // namespace attnbench::cli
