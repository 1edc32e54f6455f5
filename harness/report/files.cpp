// The list of derived files.
#include "report/files.h"

#include "analyze/analysis.h"
#include "report/benchmark_json.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/markdown.h"

namespace attnbench::report {

std::vector<ReportFile> report_files(const record::Run& run) {
  const analyze::Analysis analysis = analyze::analyze(run);
  return {{"cases.csv", cases_csv(run, analysis)},
          {"samples.csv", samples_csv(run, analysis)},
          {"report.md", report_md(run, analysis)},
          {"benchmark.json", benchmark_json(run)},
          {"report.html", report_html(run, analysis)}};
}

}  // namespace attnbench::report
