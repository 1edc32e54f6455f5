// What reports say of runs that train: passes side by side, saved bytes, the largest n and batch.
#include <algorithm>
#include <sstream>

#include "catch.h"
#include "golden.h"
#include "record/utf8.h"
#include "report/above_limit.h"
#include "report/answer.h"
#include "report/comparison.h"
#include "report/glance.h"
#include "report/growth_table.h"
#include "report/html.h"
#include "report/html_data.h"
#include "report/markdown.h"
#include "report/quantities.h"
#include "report/training_table.h"
#include "report/training_words.h"
#include "training_run.h"

namespace attnbench::report {
namespace {

using record::Pass;

const std::initializer_list<Pass> kTwo{Pass::kForward, Pass::kBackward};
const std::initializer_list<Pass> kAll{Pass::kForward, Pass::kBackward, Pass::kBoth};

TrainingTable at_a_glance(const record::Run& run) {
  return training_at_a_glance(run, analyze::analyze(run), 100);
}

/// The cells of a row as a wide table shows them.
Cells texts(const std::vector<TrainingCell>& row) {
  Cells all;
  for (const TrainingCell& cell : row) all.push_back(cell.text + cell.interval);
  return all;
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
  CHECK(texts(table.rows[0]) == Cells{"full", "4096", "125 ms", "312 ms", "2.50x [2.42, 2.58]",
                                      "512 MiB", "n^2 ✓", "15892", "none"});
  CHECK(table.rows[0][4].text == "2.50x");
  CHECK(texts(table.rows[1]) == Cells{"window 64", "4096", "31.2 ms", "93.8 ms",
                                      "3.00x [2.91, 3.10]", "128 KiB", "n^1 ✓", "1048576", "170"});
  CHECK(table.note ==
        "Saved: what forward keeps for backward, beside the inputs and out. Largest n and, at the "
        "largest n of its sweep, largest batch: the most that 8 GiB hold in training.");
}

TEST_CASE("The n of the largest batch is told if it is the same for all rows") {
  record::Run run = trained_run(kTwo);
  for (record::LargestFit& fit : run.largest_fits)
    if (fit.series == 11) fit.batch.reset();  // Backward of full, the one that is swept to 65536.
  CHECK_THAT(at_a_glance(run).note,
             ContainsSubstring(" Largest n and, at n = 4096, largest batch: the most that"));
  for (record::LargestFit& fit : run.largest_fits) fit.batch.reset();
  CHECK_THAT(at_a_glance(run).note,
             ContainsSubstring("beside the inputs and out. Largest n: the most that"));
}

TEST_CASE("A phone shows n unless all rows share it") {
  record::Run run = trained_run(kTwo);
  CHECK_FALSE(at_a_glance(run).narrow[1]);
  run.cases[11 + 4].samples.clear();
  CHECK(at_a_glance(run).narrow[1]);
}

TEST_CASE("A terminal shows the ten rows that tell most, and how many more there are") {
  record::Run run = trained_run({Pass::kBackward});
  const std::vector<record::CaseRecord> window(run.cases.begin() + 6, run.cases.end());
  for (int i = 1; i <= 11; ++i)
    for (record::CaseRecord c : window) {
      c.plan.id = static_cast<int>(run.cases.size());
      c.plan.label = "window " + std::to_string(64 + i);
      for (record::Sample& s : c.samples) s.time_s *= 1 + i;
      run.cases.push_back(c);
    }
  const TrainingLines shown = training_lines(run, analyze::analyze(run), 80);
  REQUIRE(shown.lines.size() == 1 + 10);
  CHECK(shown.hidden == 3);
  CHECK_THAT(shown.lines[1], ContainsSubstring("full  "));  // Slower than some, but the baseline.
  CHECK_THAT(shown.lines[10], ContainsSubstring("window 72 "));
  CHECK_THAT(seen(run, 80), ContainsSubstring("… and 3 more in the page."));
  const TrainingTable few = training_at_a_glance(run, analyze::analyze(run), 2);
  CHECK(few.rows.size() == 2);
  CHECK(few.hidden == 11);
  CHECK(training_by_size(run, analyze::analyze(run), 2).rows.size() == 11);
  CHECK_THAT(training_md(run, analyze::analyze(run)), ContainsSubstring("window 75"));
}

TEST_CASE("Columns that no row fills are not there") {
  const TrainingTable both = at_a_glance(trained_run({Pass::kForward, Pass::kBoth}));
  CHECK(both.header == Cells{"series", "n", "forward", "training step", "saved", "saved grows",
                             "largest n", "largest batch"});
  CHECK(both.rows.at(0).at(3).text == "438 ms");
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
  CHECK(training_lines(run, analysis, 80).lines.empty());
  CHECK(training_sentence(run, analysis).empty());
  CHECK(report_html(run, analysis).find("Training: passes") == std::string::npos);
  for (const std::string& text : {answer_of(run), seen(run, 80)})
    for (const char* words : {"raining", "ackward", "saved"})
      CHECK_THAT(text, !ContainsSubstring(words));
  CHECK(growth_header(run).size() == 11);
}

TEST_CASE("The largest n with both passes timed is shown, and sizes without one are in the rest") {
  record::Run run = trained_run(kTwo);
  record::CaseRecord& failed = run.cases[11 + 4];  // Backward of full at n = 4096.
  failed.plan.outcome = record::Outcome::kFailed;
  failed.samples.clear();
  const analyze::Analysis analysis = analyze::analyze(run);
  const TrainingTable table = at_a_glance(run);
  CHECK(table.rows[0][1].text == "2048");
  CHECK(table.rows[1][1].text == "4096");
  const TrainingTable all = training_by_size(run, analysis, 100);
  CHECK(all.header == Cells{"series", "n", "forward", "backward", "backward / forward", "saved"});
  REQUIRE(all.rows.size() == 11);
  CHECK(texts(all.rows[4]) == Cells{"full", "4096", "125 ms", "failed", "–", "512 MiB"});
  CHECK(texts(all.rows[5]) == Cells{"full", "65536", "skipped", "skipped", "–", "128 GiB"});
  CHECK_THAT(training_sentence(run, analysis),
             ContainsSubstring(", each at the largest n at which both passes were timed."));
}

TEST_CASE("A terminal shows the passes side by side, as far as it has room") {
  for (const int columns : {120, 80, 60, 50, 40})
    for (const std::string& line :
         training_lines(trained_run(kAll), analyze::analyze(trained_run(kAll)), columns).lines)
      CHECK(record::display_width(line) < static_cast<size_t>(columns));
  compare_with_golden("training_80.txt", seen(trained_run(kTwo), 80));
  const auto note = [](int columns) {
    return training_lines(trained_run(kAll), analyze::analyze(trained_run(kAll)), columns).note;
  };
  CHECK_THAT(note(120), ContainsSubstring("inputs and out. A training step is both passes. Larg"));
  CHECK_THAT(note(40), !ContainsSubstring("training step"));
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
        "backward: takes, at n = 4096, 2.50x [2.42, 2.58] as long as the forward pass, which keeps "
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
             ContainsSubstring("full keeps 512 MiB from forward to backward at n = 4096; n = 15892 "
                               "is the most that 8 GiB hold in training."));
}

/// What the run at a glance says of the memory wall, of a pass that has one.
std::string wall_of(const record::Run& run) {
  const std::string text = seen(run, 500);
  const size_t end = text.find(" is the most that 8 GiB hold");
  if (end == std::string::npos) return {};
  const size_t begin = text.rfind('\n', end) + 2;  // Lines begin with a blank.
  return text.substr(begin, text.find('\n', end) - begin);
}

TEST_CASE("If both passes have a wall, the nearer one is told, with what takes the memory there") {
  record::Run run = trained_run(kTwo);
  for (record::LargestFit& fit : run.largest_fits)
    if (fit.series == 11) fit.seq_len = 10000;
  CHECK(wall_of(run) ==
        "full, backward keeps 512 MiB from forward to backward at n = 4096; n = 10000 is the most "
        "that 8 GiB hold in training.");
  for (record::LargestFit& fit : run.largest_fits)
    if (fit.series == 11) fit.seq_len = 20000;
  CHECK(wall_of(run) ==
        "full takes 512 MiB of scratch at n = 4096; n = 15892 is the most that 8 GiB hold.");
}

TEST_CASE("In training the scratch makes the wall if it is more than what is saved") {
  record::Run run = trained_run({Pass::kBackward});
  for (record::CaseRecord& c : run.cases)
    if (c.plan.variant == "full") {
      c.plan.workspace_bytes = 64 * c.plan.seq_len() * c.plan.seq_len();
      c.plan.saved_bytes = 32 * c.plan.seq_len();
    }
  CHECK(wall_of(run) ==
        "full takes 1 GiB of scratch at n = 4096; n = 15892 is the most that 8 GiB hold in "
        "training.");
}

TEST_CASE("A percentage above 100 may be that of a variant that kept its weights") {
  record::Run run = trained_run(kAll);
  const auto plan = [&](Pass pass) {
    return std::ranges::find_if(run.cases, [&](const auto& c) { return c.plan.pass == pass; })
        ->plan;
  };
  CHECK_THAT(above_limit_words(plan(Pass::kForward)), !ContainsSubstring("kept its weights"));
  CHECK_THAT(
      above_limit_words(plan(Pass::kBackward)),
      ContainsSubstring("Or the variant kept its weights, and does fewer operations than the "
                        "10 head_dim a pair that are counted."));
  CHECK_THAT(above_limit_words(plan(Pass::kBoth)), ContainsSubstring("than the 14 head_dim"));
  record::Case other = plan(Pass::kBackward);
  other.kind = "approximate";
  CHECK_THAT(above_limit_words(other), !ContainsSubstring("kept its weights"));
  CHECK_THAT(above_limit_words(plan(Pass::kBackward), true),
             !ContainsSubstring("kept its weights"));
}

TEST_CASE("A hidden percentage is that of kept weights only if arithmetic sets the limit") {
  record::Run run = trained_run({Pass::kBackward});
  const auto hidden = [&] { return hidden_words(run.cases[4], analyze::analyze(run).cases[4]); };
  run.ceilings.front().fma_gflops = 1;
  CHECK_THAT(hidden(), ContainsSubstring("% of peak") && ContainsSubstring("kept its weights"));
  run.ceilings.front().fma_gflops = 1e6;
  run.ceilings.front().stream_gbs = 1e-3;
  for (record::Sample& s : run.cases[4].samples) {
    s.noise.fma_gflops = 1e6;
    s.noise.stream_gbs = 1e-3;
  }
  CHECK_THAT(hidden(), ContainsSubstring("roofline") && !ContainsSubstring("FMA") &&
                           !ContainsSubstring("kept its weights"));
}

TEST_CASE("A peak is called too low if even kept weights leave a case above it") {
  // In GFLOP/s the fastest case in training is the backward pass of full.
  record::Run run = trained_run(kTwo);
  std::erase_if(run.cases, [](const auto& c) { return c.plan.variant != "full"; });
  for (size_t i = 0; i < run.cases.size(); ++i) run.cases[i].plan.id = static_cast<int>(i);
  run.largest_fits.clear();
  double fastest = 0;
  for (const analyze::CaseStats& stats : analyze::analyze(run).cases)
    fastest = std::max(fastest, stats.gflops.value_or(0));
  for (record::CaseRecord& c : run.cases)  // Forward is far below the peak.
    if (c.plan.pass == Pass::kForward)
      for (record::Sample& s : c.samples) s.time_s *= 2;
  constexpr char kTooLow[] = "the FMA peak, which was measured too low";
  for (record::Ceiling& c : run.ceilings) c.fma_gflops = fastest / 1.2;
  CHECK_THAT(answer_of(run), ContainsSubstring("kept its weights"));
  CHECK_THAT(answer_of(run), !ContainsSubstring(kTooLow));
  for (record::Ceiling& c : run.ceilings) c.fma_gflops = fastest / 1.3;
  CHECK_THAT(answer_of(run), ContainsSubstring(kTooLow));
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

TEST_CASE("The page is told which axes it shows side by side") {
  const record::Run run = trained_run(kTwo);
  const record::Json data = record::Json::parse(html_data(run, analyze::analyze(run)));
  REQUIRE(data["axes"].size() == data["side_by_side"].size());
  for (size_t i = 0; i < data["axes"].size(); ++i)
    CHECK(
        data["side_by_side"][i].get<bool>() ==
        (data["axes"][i] == "pass" || data["axes"][i] == "dtype" || data["axes"][i] == "kv_dtype"));
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
