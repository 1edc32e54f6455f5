// The folder of a study's results: its files, and a folder of a run for each config.
#pragma once

#include <string>
#include <vector>

#include "study/judge.h"
#include "study/read.h"

namespace attnbench::cli {

/// How a study was measured: what its folder holds beside study.json and the runs.
struct StudyChoice {
  bool quick = false;
  std::vector<std::string> only = {};  ///< Ids of the sections asked for; empty for all.
};

bool holds_study(const std::string& dir);

/// The folder of this config's run within the study's: "time" for "time.json".
std::string run_folder(const std::string& config_file);

/// Whether the run in this folder can be gone on with: its journal has the plan, which is its first
/// line.
bool was_begun(const std::string& run_dir);

/// Writes study.json and its tables, as they are, and how they were measured. A folder without
/// study.json holds no study: it is written last.
void write_study(const study::Ready& ready, const StudyChoice& choice, const std::string& dir);
/// Throws record::RecordError.
StudyChoice read_choice(const std::string& dir);

/// Reads study.json and the runs that are there, and judges all claims. Throws config::ConfigError,
/// record::RecordError and run::EnvironmentError.
void load_results(const std::string& dir, study::Results& results);

/// Writes the study's pages and the reports of its runs, and prints the verdicts.
void publish_study(const study::Results& results, const std::string& dir);

/// Says on stderr why study_exit_code is 1, if it is. Called after publish_study, so that the
/// reason stands at the end of a terminal.
void say_what_went_wrong(const study::Results& results, const std::string& dir);

/// 1 if a case of a run went wrong, 4 if `gate` and a claim does not hold, else 0.
int study_exit_code(const study::Results& results, bool gate);

}  // namespace attnbench::cli
