// The files that are derived from a study's results.
#pragma once

#include <string>
#include <vector>

#include "report/files.h"
#include "report/lines.h"
#include "study/judge.h"

namespace attnbench::study {

/// study.html, study.md, verdicts.json and claims.csv. The same results always give the same bytes.
std::vector<report::ReportFile> study_files(const Results& results);

std::string study_html(const Results& results);
std::string study_md(const Results& results);
std::string verdicts_json(const Results& results);
std::string claims_csv(const Results& results);

/// For the terminal: the counts first, then each claim with its verdict and its number.
std::string study_text(const Results& results, const report::Screen& screen);

}  // namespace attnbench::study
