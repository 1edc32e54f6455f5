// Loads a study's results, judges them and writes their pages.
#include "cli/study_results.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "record/format.h"
#include "record/json.h"
#include "report/nothing_timed.h"
#include "run/journal.h"
#include "run/run_dir.h"
#include "study/files.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;
using record::Json;

constexpr char kChoiceFile[] = "how.json";

bool is_list_of_strings(const Json& json) {
  return json.is_array() &&
         std::ranges::all_of(json, [](const Json& item) { return item.is_string(); });
}

bool holds_run(const std::string& dir) {
  std::error_code error;
  return was_begun(dir) || fs::exists(dir + "/run.json", error);
}

}  // namespace

bool holds_study(const std::string& dir) {
  std::error_code error;
  return fs::is_regular_file(dir + "/" + study::kStudyFile, error);
}

std::string run_folder(const std::string& config_file) {
  return fs::path(config_file).stem().string();
}

bool was_begun(const std::string& run_dir) {
  std::ifstream journal(run_dir + "/journal.jsonl");
  std::string plan;
  return std::getline(journal, plan) && !journal.eof();
}

void write_study(const study::Ready& ready, const StudyChoice& choice, const std::string& dir) {
  const Json how{{"quick", choice.quick}, {"only", choice.only}};
  run::write_file(dir, kChoiceFile, how.dump(2) + "\n");
  for (auto file = ready.files.rbegin(); file != ready.files.rend(); ++file)
    run::write_file(dir, file->first, file->second);
}

StudyChoice read_choice(const std::string& dir) {
  const std::string path = dir + "/" + kChoiceFile;
  const Json json = Json::parse(run::read_file(path), nullptr, false);
  if (!json.is_object() || !json.contains("quick") || !json["quick"].is_boolean())
    throw record::RecordError(path + ": /quick: expected true or false");
  StudyChoice choice{json["quick"].get<bool>()};
  if (!json.contains("only")) return choice;  // An older study measured all or did not say.
  if (!is_list_of_strings(json["only"]))
    throw record::RecordError(path + ": /only: expected a list of sections' ids");
  choice.only = json["only"].get<std::vector<std::string>>();
  return choice;
}

void load_results(const std::string& dir, study::Results& results) {
  results.study = study::read_results(dir);
  StudyChoice choice = read_choice(dir);
  results.quick = choice.quick;
  results.only = std::move(choice.only);
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

void say_what_went_wrong(const study::Results& results, const std::string& dir) {
  for (const study::StudyRun& run : results.runs) {
    if (!run.run || exit_code(*run.run) != kExitCaseFailed) continue;
    const auto wrong = std::ranges::count_if(run.run->cases, [](const record::CaseRecord& c) {
      return record::went_wrong(c.plan.outcome);
    });
    const std::string nothing = report::nothing_timed_words(*run.run);
    std::cerr << "attnbench: " << run.file << ": "
              << (!nothing.empty() ? nothing
                                   : record::plural(wrong, "case") + " went wrong; " + dir + "/" +
                                         run.folder + "/report.html says why")
              << "\n";
  }
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
