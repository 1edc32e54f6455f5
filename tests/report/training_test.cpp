// What reports say of runs that train: passes side by side, saved bytes, the largest n and batch.
#include <algorithm>
#include <sstream>

#include "catch.h"
#include "golden.h"
#include "record/utf8.h"
#include "report/answer.h"
#include "report/comparison.h"
#include "report/glance.h"
#include "report/growth_table.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/training_table.h"
#include "training_run.h"

namespace attnbench::report {
namespace {

using record::Pass;

const std::initializer_list<Pass> kTwo{Pass::kForward, Pass::kBackward};
const std::initializer_list<Pass> kAll{Pass::kForward, Pass::kBackward, Pass::kBoth};

TrainingTable at_a_glance(const record::Run& run) {
  return training_at_a_glance(run, analyze::analyze(run));
}

std::string answer_of(const record::Run& run) {
  std::string text;
  for (const std::string& line : answer_lines(run, analyze::analyze(run))) text += line + "\n";
  return text;
}

std::string seen(const record::Run& run, int columns) {
  return glance(run, analyze::analyze(run), {columns, false});
}

TEST_CASE("A row has forward, backward, their ratio, what is saved, the largest n and batch") {
  const TrainingTable table = at_a_glance(trained_run(kTwo));
  CHECK(table.header == Cells{"series", "n", "forward", "backward", "backward / forward", "saved",
                              "saved grows", "largest n", "largest batch"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0] == Cells{"full", "4096", "125 ms", "312 ms", "2.50x [2.42, 2.58]", "512 MiB",
                               "n^2 ✓", "15892", "none"});
  CHECK(table.rows[1] == Cells{"window 64", "4096", "31.2 ms", "93.8 ms", "3.00x [2.91, 3.10]",
                               "128 KiB", "n^1 ✓", "1048576", "170"});
  CHECK(table.note ==
        "Saved: what forward keeps for backward, beside the inputs and out. Largest n and, at n = "
        "65536, largest batch: the most that 8 GiB hold in training.");
}

TEST_CASE("Columns that no row fills are not there") {
  const TrainingTable both = at_a_glance(trained_run({Pass::kForward, Pass::kBoth}));
  CHECK(both.header == Cells{"series", "n", "forward", "training step", "saved", "saved grows",
                             "largest n", "largest batch"});
  CHECK(both.rows.at(0).at(3) == "438 ms");
  record::Run older = trained_run({Pass::kBackward});
  older.largest_fits.clear();
  CHECK(at_a_glance(older).header == Cells{"series", "n", "backward", "saved", "saved grows"});
  CHECK(at_a_glance(older).note ==
        "Saved: what forward keeps for backward, beside the inputs and out.");
}

TEST_CASE("A run that trains nothing says nothing of training") {
  const record::Run run = trained_run({Pass::kForward});
  const analyze::Analysis analysis = analyze::analyze(run);
  CHECK(at_a_glance(run).rows.empty());
  CHECK(training_md(run, analysis).empty());
  CHECK(training_lines(run, analysis, 80).empty());
  CHECK(training_sentence(run, analysis).empty());
  for (const std::string& text : {report_html(run, analysis), answer_of(run), seen(run, 80)})
    CHECK(text.find("raining: passes") == std::string::npos);
  CHECK(growth_header(run).size() == 11);
}

TEST_CASE("The largest n with both passes timed is shown, and sizes without one are in the rest") {
  record::Run run = trained_run(kTwo);
  record::CaseRecord& failed = run.cases[11 + 4];  // Backward of full at n = 4096.
  failed.plan.outcome = record::Outcome::kFailed;
  failed.samples.clear();
  const analyze::Analysis analysis = analyze::analyze(run);
  const TrainingTable table = training_at_a_glance(run, analysis);
  CHECK(table.rows[0][1] == "2048");
  CHECK(table.rows[1][1] == "4096");
  const TrainingTable all = training_by_size(run, analysis);
  CHECK(all.header == Cells{"series", "n", "forward", "backward", "backward / forward", "saved"});
  REQUIRE(all.rows.size() == 11);
  CHECK(all.rows[4] == Cells{"full", "4096", "125 ms", "failed", "–", "512 MiB"});
  CHECK(all.rows[5] == Cells{"full", "65536", "skipped", "skipped", "–", "128 GiB"});
  CHECK_THAT(training_sentence(run, analysis), ContainsSubstring("each at its largest n"));
}

TEST_CASE("A terminal shows the passes side by side, as far as it has room") {
  for (const int columns : {120, 80, 60, 50, 40})
    for (const std::string& line :
         training_lines(trained_run(kAll), analyze::analyze(trained_run(kAll)), columns))
      CHECK(record::display_width(line) < static_cast<size_t>(columns));
  compare_with_golden("training_80.txt", seen(trained_run(kTwo), 80));
  CHECK_THAT(seen(trained_run(kAll), 120), ContainsSubstring("  step  "));
  CHECK_THAT(seen(trained_run(kAll), 40), ContainsSubstring("  backward"));
}

TEST_CASE("The answer says of training what is saved, for how long a pass takes, and what fits") {
  const std::string text = answer_of(trained_run(kTwo));
  for (const char* words :
       {"full, 8 heads over 2 kv_heads, head_dim 64, causal, 2 threads, backward: what is saved "
        "for "
        "backward grows as n^2.00 (exact), workspace stays at 128 KiB (exact), heap peak stays "
        "below 1 MiB, resident peak stays "
        "below 1 MiB; the declared n^2 holds, judged on what is saved.",
        "backward: takes 2.50x [2.42, 2.58] as long as the forward pass at n = 4096, which keeps "
        "512 MiB for it.",
        "backward: the largest n for training within the memory limit of 8 GiB is 15892; no batch "
        "fits at n = 65536; worst error",
        "the largest batch at n = 4096 is 170;",
        "threads: the largest n within the memory limit of 8 GiB is 15892; worst error",
        "threads: workspace grows as n^2.00 (exact)"})
    CHECK_THAT(text, ContainsSubstring(words));
  CHECK(text.find("as fast as with forward") == std::string::npos);
}

TEST_CASE("At a glance the ratio of passes and the wall in training are said") {
  const std::string text = seen(trained_run(kTwo), 200);
  CHECK_THAT(text, ContainsSubstring("Backward takes 2.50x [2.42, 2.58] (full) to 3.00x [2.91, "
                                     "3.10] (window 64) as long as forward, at n = 4096."));
  CHECK_THAT(seen(trained_run({Pass::kBackward}), 200),
             ContainsSubstring("full needs 512 MiB saved by forward at n = 4096; n = 15892 is the "
                               "most that 8 GiB hold in training."));
}

TEST_CASE("In training the verdict on memory stands beside what is saved, not beside the scratch") {
  const std::string text = seen(trained_run({Pass::kBackward}), 120);
  CHECK_THAT(text, ContainsSubstring(" n^0 "));
  CHECK(text.find("n^0 ✓") == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("n^2 ✓  "));
}

TEST_CASE("Growth has a column for what is saved if the run trains") {
  const record::Run run = trained_run(kTwo);
  const Cells header = growth_header(run);
  REQUIRE(header.size() == 12);
  CHECK(header[6] == "saved for backward");
  const std::vector<Cells> rows = growth_rows(run, analyze::analyze(run));
  REQUIRE(rows.size() == 4);
  CHECK(rows[0][6] == "–");
  CHECK(rows[2][5] == "n^0.00");
  CHECK(rows[2][6] == "n^2.00");
  for (const Cells& row : rows) CHECK(row.size() == header.size());
}

TEST_CASE("Markdown and page hold the passes side by side, at a glance and at every n") {
  const record::Run run = trained_run(kAll);
  const analyze::Analysis analysis = analyze::analyze(run);
  compare_with_golden("training.md", training_md(run, analysis));
  const std::string page = report_html(run, analysis);
  for (const char* part : {"Training at every n", "training step", "largest batch",
                           "2.50x<span class=\"wide\"> [2.42, 2.58]</span>", "\"saved\":{"})
    CHECK_THAT(page, ContainsSubstring(part));
}

TEST_CASE("The CSV of a comparison has what both sides save for backward, under its own name") {
  const record::Run base = trained_run({Pass::kBackward});
  record::Run fresh = base;
  fresh.cases[0].plan.saved_bytes += 8;
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1});
  std::istringstream csv(comparison_csv({comparison, base, fresh, "-"}));
  const auto cells_of_line = [&] {
    std::string line, cell;
    std::getline(csv, line);
    std::istringstream in(line);
    Cells cells;
    while (std::getline(in, cell, ',')) cells.push_back(cell);
    return cells;
  };
  const Cells names = cells_of_line(), values = cells_of_line();
  const auto value = [&](const char* name) {
    return values.at(static_cast<size_t>(std::ranges::find(names, name) - names.begin()));
  };
  CHECK(value("new_workspace_bytes") == "131072");
  CHECK(value("base_saved_bytes") == "2097152");
  CHECK(value("new_saved_bytes") == "2097160");
  CHECK(value("saved") == "more");
  CHECK(value("base_resident_peak_bytes") == "135168");
  CHECK(value("regressed") == "true");
}

}  // namespace
}  // namespace attnbench::report
