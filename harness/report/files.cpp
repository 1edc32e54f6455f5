// The list of derived files.
#include "report/files.h"

#include "analyze/analysis.h"
#include "report/benchmark_json.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/probes.h"

namespace attnbench::report {

std::vector<ReportFile> report_files(const record::Run& run) {
  const analyze::Analysis analysis = analyze::analyze(run);
  std::vector<ReportFile> files{{"cases.csv", cases_csv(run, analysis)},
                                {"samples.csv", samples_csv(run, analysis)},
                                {"report.md", report_md(run, analysis)},
                                {"benchmark.json", benchmark_json(run)},
                                {"report.html", report_html(run, analysis)}};
  if (has_probes(run)) files.push_back({"probes.csv", probes_csv(run)});
  return files;
}

}  // namespace attnbench::report
