// Compares each derived file of the sample run with tests/report/golden.
#include "catch.h"
#include "golden.h"
#include "report/answer.h"
#include "report/csv.h"
#include "report/files.h"
#include "report/html_assets.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

void replace_all(std::string& text, std::string_view old, std::string_view fresh) {
  for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size())
    text.replace(at, old.size(), fresh);
}

/// The page without what is the same in every page, with each column of its data on a line.
std::string page_in_brief(std::string html) {
  replace_all(html, kPageStyle, "...");
  for (const std::string_view script : {kScriptBegin, kRunScript, kScriptEnd})
    replace_all(html, script, "...");
  replace_all(html, "],\"", "],\n\"");
  return html;
}

TEST_CASE("The derived files of a run equal the golden files") {
  for (const ReportFile& file : report_files(sample_run()))
    compare_with_golden(file.name,
                        file.name == "report.html" ? page_in_brief(file.text) : file.text);
}

TEST_CASE("cases.csv names the counts that are saturated") {
  record::Run run = sample_run();
  run.cases[0].plan.flops = run.cases[0].plan.workspace_bytes = INT64_MAX;
  const std::string csv = cases_csv(run, analyze::analyze(run));
  const auto count = [&](const std::string& part) {
    size_t found = 0;
    for (size_t at = 0; (at = csv.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  CHECK(count(",saturated,path_reason,peak,run_name,") == 1);
  CHECK(count(",flops workspace_bytes,,FMA,sample,") == 1);
  CHECK(count(" workspace_bytes,") == 1);
}

TEST_CASE("The lines printed at the end of a run equal the golden file") {
  record::Run run = sample_run();
  std::string text;
  for (const std::string& line : answer_lines(run, analyze::analyze(run))) text += line + "\n";
  compare_with_golden("answer.txt", text);
}

TEST_CASE("The report of a partial run equals the golden file") {
  record::Run run = sample_run();
  run.interrupted = "SIGINT";
  run.finished_utc.clear();
  for (const size_t pending : {3u, 4u, 9u, 10u}) {
    run.cases[pending].plan.outcome = record::Outcome::kPending;
    run.cases[pending].samples.resize(pending == 3 ? 2 : 0);
  }
  for (const ReportFile& file : report_files(run))
    if (file.name == "report.md") compare_with_golden("partial.md", file.text);
}

}  // namespace
}  // namespace attnbench::report
