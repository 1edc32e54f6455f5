// Loads a study's results, judges them and writes their pages.
#include "cli/study_results.h"

#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "record/json.h"
#include "run/journal.h"
#include "run/run_dir.h"
#include "study/files.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;
using record::Json;

constexpr char kChoiceFile[] = "how.json";

bool holds_run(const std::string& dir) {
  std::error_code error;
  return fs::exists(dir + "/journal.jsonl", error) || fs::exists(dir + "/run.json", error);
}

}  // namespace

bool holds_study(const std::string& dir) {
  std::error_code error;
  return fs::is_regular_file(dir + "/" + study::kStudyFile, error);
}

std::string run_folder(const std::string& config_file) {
  return fs::path(config_file).stem().string();
}

void write_choice(const StudyChoice& choice, const std::string& dir) {
  run::write_file(dir, kChoiceFile, Json{{"quick", choice.quick}}.dump(2) + "\n");
}

StudyChoice read_choice(const std::string& dir) {
  const std::string path = dir + "/" + kChoiceFile;
  const Json json = Json::parse(run::read_file(path), nullptr, false);
  if (!json.is_object() || !json.contains("quick") || !json["quick"].is_boolean())
    throw record::RecordError(path + ": /quick: expected true or false");
  return {json["quick"].get<bool>()};
}

void load_results(const std::string& dir, study::Results& results) {
  results.study = study::read_results(dir);
  results.quick = read_choice(dir).quick;
  for (const study::ConfigOf& config : results.study.configs) {
    study::StudyRun& run = results.runs.emplace_back();
    run.file = config.file;
    run.folder = run_folder(config.file);
    if (!holds_run(dir + "/" + run.folder)) continue;
    run.run = run::load_run(dir + "/" + run.folder);
    run.analysis = analyze::analyze(*run.run);
  }
  study::judge_all(results);
}

void publish_study(const study::Results& results, const std::string& dir) {
  for (const study::StudyRun& run : results.runs)
    if (run.run) write_files(*run.run, dir + "/" + run.folder);
  for (const report::ReportFile& file : study::study_files(results))
    run::write_file(dir, file.name, file.text);
  std::cout << study::study_text(results, output_screen()) << " " << dir << "/study.html\n";
}

int study_exit_code(const study::Results& results, bool gate) {
  for (const study::StudyRun& run : results.runs)
    if (run.run)
      if (const int code = exit_code(*run.run); code != kExitOk) return code;
  if (!gate) return kExitOk;
  for (const study::SectionResult& section : results.sections)
    for (const study::Judged& claim : section.claims)
      if (claim.verdict == study::Verdict::kDoesNotHold) return kExitRegression;
  return kExitOk;
}

}  // namespace attnbench::cli
