// The files that are derived from a study's results.
#pragma once

#include <string>
#include <vector>

#include "report/files.h"
#include "study/judge.h"

namespace attnbench::study {

/// study.html, study.md, verdicts.json and claims.csv. The same results always give the same bytes.
std::vector<report::ReportFile> study_files(const Results& results);

std::string study_html(const Results& results);
std::string study_md(const Results& results);
std::string verdicts_json(const Results& results);
std::string claims_csv(const Results& results);

/// For the terminal: one line a claim, counts first.
std::vector<std::string> study_lines(const Results& results);

}  // namespace attnbench::study
