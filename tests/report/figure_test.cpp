// Figures and tables for papers: gnuplot's script and data, LaTeX, and what they do with odd
// values.
#include "report/figure.h"

#include <algorithm>

#include "catch.h"
#include "golden.h"
#include "report/caption.h"
#include "report/escape.h"
#include "report/paper_table.h"
#include "report/scale.h"
#include "report/series_names.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

ChartX x_of(const record::Run& run, const std::string& name) {
  for (const ChartX& x : varying_x(run))
    if (x.name == name) return x;
  FAIL("nothing varies in " << name);
  return {};
}

Chart chart_of(const record::Run& run, const std::string& quantity, const std::string& x) {
  return make_chart(run, analyze::analyze(run), *find_quantity(quantity), x_of(run, x));
}

std::vector<std::string> labels(const Scale& scale) {
  std::vector<std::string> all;
  for (const Tick& tick : scale.ticks)
    if (!tick.label.empty()) all.push_back(tick.label);
  return all;
}

using Labels = std::vector<std::string>;

/// The sample run with heads of two counts, threads of two counts, and a parameter that varies.
record::Run run_of_many_axes() {
  record::Run run = sample_run();
  run.cases.clear();
  for (const int threads : {1, 2})
    for (const int64_t left : {16, 64})
      for (const int64_t n : {1024, 4096}) {
        record::CaseRecord c =
            sample_case(run, "window", n, 0x1p-20 * static_cast<double>(left) / threads);
        c.plan.label = "window left=" + std::to_string(left);
        c.plan.params = {{"left", left}, {"right", 0}};
        c.plan.threads = threads;
        run.cases.push_back(c);
      }
  run.largest_fits.clear();
  run.patterns.clear();
  run.sentence = {};
  return run;
}

TEST_CASE("Script, data and caption of a figure equal the golden files") {
  const record::Run run = sample_run();
  const Chart chart = chart_of(run, "time_median_s", "seq_len");
  const std::string caption = figure_caption(run, analyze::analyze(run), chart);
  compare_with_golden("figure.gp",
                      figure_script(chart, {Picture::kPdf, 3.3, "./time.pdf", "./time.dat"}));
  compare_with_golden("figure.dat", figure_data(chart));
  compare_with_golden("figure.tex", figure_tex("time.pdf", caption, "time"));
}

TEST_CASE("Tables of cases for papers equal the golden files") {
  const record::Run run = sample_run();
  const analyze::Analysis analysis = analyze::analyze(run);
  const PaperTable table =
      make_paper_table(run, analysis, x_of(run, "seq_len"), usual_columns(run, analysis));
  compare_with_golden("paper_table.tex", paper_table_tex(table, "cases"));
  compare_with_golden("paper_table.md", paper_table_md(table));
  compare_with_golden("paper_table.csv", paper_table_csv(table));
}

TEST_CASE("Any axis or parameter that varies can be x, and the lines are named by what differs") {
  const record::Run run = run_of_many_axes();
  Labels names;
  for (const ChartX& x : varying_x(run)) names.push_back(x.name);
  CHECK(names == Labels{"seq_len", "threads", "left"});

  const Chart threads = chart_of(run, "time_median_s", "threads");
  REQUIRE(threads.lines.size() == 4);
  CHECK(threads.lines[0].name == "window left=16, n = 1024");
  REQUIRE(threads.lines[0].points.size() == 2);
  CHECK(threads.lines[0].points[0].x == 1);
  CHECK(*threads.lines[0].points[0].y == 2 * *threads.lines[0].points[1].y);
  CHECK(threads.shared == "8 heads over 2 kv_heads, head_dim 64, causal");

  const Chart left = chart_of(run, "time_median_s", "left");
  REQUIRE(left.lines.size() == 4);
  CHECK(left.lines[0].name == "window right=0, n = 1024, 1 thread");
  CHECK(left.lines[0].points[1].x == 64);
}

TEST_CASE("kv_heads that follow heads do not split a line against heads") {
  record::Run run = run_of_many_axes();
  run.cases.resize(2);
  for (record::CaseRecord& c : run.cases) c.plan.problem = {1, 4, 4, 1024, 1024, 64, true};
  run.cases[1].plan.problem.heads = run.cases[1].plan.problem.kv_heads = 8;
  CHECK(varying_x(run).size() == 1);
  CHECK(chart_of(run, "time_median_s", "heads").lines.size() == 1);
}

TEST_CASE("A case without a value breaks its line, and the caption says which") {
  record::Run run = sample_run();
  run.cases[2].plan.outcome = record::Outcome::kTimeout;
  const Chart chart = chart_of(run, "time_median_s", "seq_len");
  CHECK(figure_data(chart).find("1024 NaN NaN NaN  # timeout\n") != std::string::npos);
  CHECK(figure_caption(run, analyze::analyze(run), chart)
            .find("Not measured: full at 1024 (timeout); full at 65536 (skipped).") !=
        std::string::npos);
}

TEST_CASE("A value of 0 has no place on a logarithmic axis, and the caption says so") {
  record::Run run = sample_run();
  run.cases[6].plan.workspace_bytes = 0;
  const Chart chart = chart_of(run, "workspace_bytes", "seq_len");
  CHECK(figure_caption(run, analyze::analyze(run), chart)
            .find("Not on the logarithmic axis: window 64 at 256 (is 0).") != std::string::npos);
  CHECK(value_scale(Format::kBytes, {0, 0}).logarithmic == false);
  CHECK(value_scale(Format::kBytes, {0, 1024}).low > 0);
}

TEST_CASE("With fewer than 6 samples the caption calls the bars ranges") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (c.samples.size() > 5) c.samples.resize(5);
  const std::string caption =
      figure_caption(run, analyze::analyze(run), chart_of(run, "time_median_s", "seq_len"));
  CHECK(caption.find("5 samples a case; bars: the range of the samples") != std::string::npos);
  CHECK(caption.find("95 %") == std::string::npos);
}

TEST_CASE("The caption of a percentage of the peak says whose peak it is, if not FMA's alone") {
  record::Run run = sample_run();
  const auto caption_of = [&](const char* name) {
    return figure_caption(run, analyze::analyze(run), chart_of(run, name, "seq_len"));
  };
  const auto says = [&](const char* name, const char* words) {
    return caption_of(name).find(words) != std::string::npos;
  };
  CHECK_FALSE(says("percent_of_peak", "multiply-adds"));
  make_bf16(run, 0, 6);
  CHECK(says("percent_of_peak",
             "The peak of cases in bf16 is that of native bf16 multiply-adds, of others that of "
             "FMA."));
  CHECK_FALSE(says("gflops", "multiply-adds"));
  run.cases.resize(6);
  CHECK(says("percent_of_peak", "The peak is that of native bf16 multiply-adds."));
}

TEST_CASE("Ticks are round, labelled with units, and few") {
  CHECK(labels(value_scale(Format::kTime, {1e-4, 0.5})) ==
        Labels{"100 µs", "1 ms", "10 ms", "100 ms"});
  CHECK(labels(value_scale(Format::kTime, {2e-3, 3e-2})) ==
        Labels{"2 ms", "5 ms", "10 ms", "20 ms"});
  CHECK(labels(value_scale(Format::kBytes, {1 << 20, 1 << 28})) ==
        Labels{"1 MiB", "4 MiB", "16 MiB", "64 MiB", "256 MiB"});
  CHECK(labels(value_scale(Format::kPercent, {38, 87})) ==
        Labels{"0", "20", "40", "60", "80", "100"});
  CHECK(labels(value_scale(Format::kError, {2e-8, 3e-5})) ==
        Labels{"10^{-7}", "10^{-6}", "10^{-5}"});
  CHECK(labels(value_scale(Format::kNumber, {0, 0})).size() >= 2);
  for (const double spread : {1.0, 1.001, 1.5, 4.0, 9.0, 70.0, 1e3, 1e9, 1e30})
    for (const Format format : {Format::kTime, Format::kRatio, Format::kBytes, Format::kNumber}) {
      const Scale scale = value_scale(format, {0.7, 0.7 * spread});
      CAPTURE(spread, format);
      CHECK(scale.low <= 0.7);
      CHECK(scale.high >= 0.7 * spread);
      CHECK(labels(scale).size() >= 1);
      CHECK(labels(scale).size() <= 12);
      for (const Tick& tick : scale.ticks) CHECK((tick.value >= 0.999 * scale.low));
    }
}

TEST_CASE("Each measured size has a tick, and labels do not overlap") {
  const Scale few = measured_scale({256, 512, 1024, 256}, 40);
  CHECK(few.logarithmic);
  CHECK(labels(few) == Labels{"256", "512", "1024"});
  std::vector<double> many;
  for (int i = 0; i < 60; ++i) many.push_back(1000 + 10 * i);
  const Scale thinned = measured_scale(many, 40);
  CHECK(thinned.ticks.size() == 60);
  CHECK(labels(thinned).size() <= 8);
  CHECK(labels(thinned).back() == "1590");
  CHECK(measured_scale({64}, 40).ticks.size() == 1);
}

TEST_CASE("Any two of 70 lines differ in colour, marker or dash") {
  record::Run run = sample_run();
  run.cases.clear();
  for (int i = 0; i < 70; ++i)
    for (const int64_t n : {256, 512})
      run.cases.push_back(sample_case(run, std::string("v").append(std::to_string(i)), n, 1));
  const std::string script = figure_script(chart_of(run, "time_median_s", "seq_len"),
                                           {Picture::kPdf, 3.3, "./a.pdf", "./a.dat"});
  std::vector<std::string> styles;
  for (size_t at = 0; (at = script.find("set linetype ", at)) != std::string::npos; ++at) {
    const size_t from = script.find("linecolor", at);
    styles.push_back(script.substr(from, script.find('\n', from) - from));
  }
  CHECK(styles.size() == 70);
  std::sort(styles.begin(), styles.end());
  CHECK(std::unique(styles.begin(), styles.end()) == styles.end());
}

TEST_CASE("gnuplot's literals hold nothing that gnuplot expands") {
  CHECK(gnuplot_text("full, n = 16 µs") == "\"full, n = 16 µs\"");
  CHECK(gnuplot_text("a`b`") == "\"a\\140b\\140\"");
  CHECK(gnuplot_text("'\"@$\\") == "\"\\047\\042\\100\\044\\134\"");
  CHECK(gnuplot_text("two\nlines") == "\"two\\134x0alines\"");
  CHECK(gnuplot_text("]]>") == "\"]] \\076\"");
}

TEST_CASE("TeX typesets names literally") {
  CHECK(tex_text("head_dim 64, 95 %") == "head\\_dim 64, 95 \\%");
  CHECK(tex_text("\\input{x}") == "\\textbackslash{}input\\textbraceleft{}x\\textbraceright{}");
  CHECK(tex_text("say \"x\"") == "say ``x''");
  CHECK(tex_text("[2pt]") == "{[}2pt]");
  CHECK(tex_text("*") == "{*}");
  CHECK(tex_text("a--b ''") == "a-{-}b '{'}");
  CHECK(tex_text("µ × é 我") == "\\ensuremath{\\mu} \\ensuremath{\\times} é U+6211");
}

}  // namespace
}  // namespace attnbench::report
