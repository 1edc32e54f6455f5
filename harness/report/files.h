// The files that are derived from a run's record.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

struct ReportFile {
  std::string name;  ///< Its name in the run's folder.
  std::string text;
};

/// cases.csv, samples.csv, report.md, report.html and benchmark.json; probes.csv if the run made
/// probes. The same run always
/// gives the same bytes.
std::vector<ReportFile> report_files(const record::Run& run);

}  // namespace attnbench::report
