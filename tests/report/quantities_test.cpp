// Loops over the table of quantities: CSV, Markdown and the page hold each quantity.
#include "report/quantities.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "catch.h"
#include "report/csv.h"
#include "report/html_assets.h"
#include "report/html_data.h"
#include "report/markdown.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

using Json = nlohmann::json;

/// The sample run with one more case, of one thread.
record::Run two_thread_counts() {
  record::Run run = sample_run();
  run.cases[6].plan.saved_bytes = 2048;
  run.cases[6].setup_memory = record::Memory{4096, "", 8192, ""};
  for (record::Sample& s : run.cases[6].samples) s.setup_s = 0.5, s.empty_call_s = 0x1p-20;
  run.cases.push_back(run.cases[6]);
  run.cases.back().plan.id = static_cast<int>(run.cases.size()) - 1;
  run.cases.back().plan.threads = 1;
  for (record::Sample& s : run.cases.back().samples) s.time_s *= 3;
  return run;
}

/// A case of the sample run that has a value for every quantity.
struct Sample {
  record::Run run = two_thread_counts();
  analyze::Analysis analysis = analyze::analyze(run);
  const record::CaseRecord& c = run.cases[6];
  const analyze::CaseStats& stats = analysis.cases[6];
};

std::vector<std::string> cells_of(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, separator);) cells.push_back(cell);
  return cells;
}

const Quantity* named(const char* name) {
  const auto all = quantities();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const Quantity& q) { return std::string_view(q.name) == name; });
  return it == all.end() ? nullptr : &*it;
}

TEST_CASE("A case that was timed beside a baseline has every quantity") {
  const Sample sample;
  for (const Quantity& quantity : quantities()) {
    // The caches hold the traffic of this case, so that it has no adjacent roofline.
    if (std::string_view(quantity.name).ends_with("adjacent_roofline")) continue;
    INFO(quantity.name);
    CHECK_FALSE(std::holds_alternative<std::monostate>(quantity.of(sample.c, sample.stats)));
  }
}

TEST_CASE("Memory in all has the inputs and outputs, and what is between them has not") {
  Sample sample;
  record::Case& plan = sample.run.cases[6].plan;
  plan.input_bytes = 1;
  plan.output_bytes = 20;
  plan.workspace_bytes = 300;
  plan.saved_bytes = 4000;
  CHECK(named("intermediate_bytes")->of(sample.c, sample.stats) == Value(int64_t{4300}));
  CHECK(named("memory_bytes")->of(sample.c, sample.stats) == Value(int64_t{4321}));
}

TEST_CASE("Every quantity is a column of cases.csv, with the value of each case") {
  const Sample sample;
  std::istringstream lines(cases_csv(sample.run, sample.analysis));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = cells_of(line, ',');
  for (int i = 0; i <= 6; ++i) std::getline(lines, line);
  const std::vector<std::string> cells = cells_of(line, ',');
  for (const Quantity& quantity : quantities()) {
    INFO(quantity.name);
    const auto at = std::find(names.begin(), names.end(), quantity.name);
    REQUIRE((at != names.end()) == quantity.in_csv);
    if (!quantity.in_csv) continue;
    const Json value = value_json(quantity.of(sample.c, sample.stats));
    const std::string& cell = cells[static_cast<size_t>(at - names.begin())];
    CHECK((value.is_null() ? cell.empty() : Json::parse(cell) == value));
  }
}

TEST_CASE("Every quantity is a column of the page's data, with the value of each case") {
  const Sample sample;
  const Json data = Json::parse(html_data(sample.run, sample.analysis));
  for (const Quantity& quantity : quantities()) {
    INFO(quantity.name);
    REQUIRE(data["cases"].contains(quantity.name) == quantity.in_page);
    if (!quantity.in_page) continue;
    const Json value = value_json(quantity.of(sample.c, sample.stats));
    CHECK(data["cases"][quantity.name][6] == value);
  }
}

TEST_CASE("Every quantity with a title heads a column of the tables for people") {
  const Sample sample;
  const std::string report = report_md(sample.run, sample.analysis);
  const Json data = Json::parse(html_data(sample.run, sample.analysis));
  std::set<std::string> in_page;
  for (const Json& name : data["table"]) in_page.insert(name);
  for (const Quantity& quantity : quantities()) {
    INFO(quantity.name);
    CHECK(in_page.contains(quantity.name) == (quantity.title != nullptr));
    if (quantity.title == nullptr) continue;
    CHECK_THAT(report, ContainsSubstring("| " + quantity_title(quantity, "full") + " |"));
    CHECK_THAT(report,
               ContainsSubstring("| " + quantity_words(quantity, sample.c, sample.stats) + " |"));
  }
}

TEST_CASE("A path that never arrives says so, and steps have a column if some case takes several") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases) c.plan.steps = 1;
  run.cases[6].plan.path = {};
  run.cases[6].plan.path_reason = record::kNever;
  const analyze::Analysis analysis = analyze::analyze(run);
  CHECK(quantity_words(*named("path"), run.cases[6], analysis.cases[6]) == "never");
  CHECK_THAT(report_md(run, analysis), ContainsSubstring("| longest path |") &&
                                           ContainsSubstring("| never |") &&
                                           !ContainsSubstring("| sequential steps |"));
  CHECK_THAT(cases_csv(run, analysis), ContainsSubstring(",,never,"));
  const Json data = Json::parse(html_data(run, analysis));
  CHECK(data["cases"]["path"][6] == "never");
  CHECK(data["cases"]["path"][7] == 1);

  for (record::CaseRecord& c : run.cases) {  // As in records that are older than paths.
    c.plan.steps = c.plan.path = {};
    c.plan.path_reason.clear();
  }
  CHECK_THAT(report_md(run, analysis), !ContainsSubstring("longest path |"));
}

TEST_CASE("A distance has a column if some case has one other than 0, and 0 is written one way") {
  record::Run run = sample_run();
  const analyze::Analysis analysis = analyze::analyze(run);
  CHECK(quantity_words(*named("distance_relative_error"), run.cases[0], analysis.cases[0]) == "0");
  CHECK_THAT(report_md(run, analysis), ContainsSubstring("| distance from full |"));
  for (record::CaseRecord& c : run.cases)
    if (c.quality && c.quality->relative_error) c.quality->relative_error = 0;
  CHECK_THAT(report_md(run, analysis), !ContainsSubstring("| distance from full |"));
  for (record::CaseRecord& c : run.cases) c.quality.reset();  // As in older records.
  CHECK_THAT(report_md(run, analysis), !ContainsSubstring("| distance from full |"));
}

TEST_CASE("A quantity's page knows its format, what is told with it and the chart that offers it") {
  const Sample sample;
  const Json data = Json::parse(html_data(sample.run, sample.analysis));
  for (const Json& quantity : data["quantities"]) {
    INFO(quantity.dump());
    const std::string format = quantity["format"];
    CHECK_THAT(std::string(kRunScript),
               ContainsSubstring(format + ": (q, c)") || ContainsSubstring(format + "(q, c)"));
    for (const char* with : {"low", "high", "least", "most", "error"})
      if (quantity.contains(with)) CHECK(data["cases"].contains(quantity[with].get<std::string>()));
    if (!quantity.contains("chart")) continue;
    CHECK(quantity.contains("pick"));
    CHECK_THAT(std::string(kRunScript),
               ContainsSubstring("option: pick(\"" + quantity["chart"].get<std::string>() + "\""));
  }
}

TEST_CASE("With more threads a case tells its speed-up over the fewest, and what part of linear") {
  const Sample sample;
  const analyze::CaseStats& more = sample.stats;
  REQUIRE(more.thread_speedup);
  CHECK(more.thread_speedup->value == Approx(3));
  REQUIRE(more.thread_speedup->interval);
  CHECK(more.thread_speedup->interval->low <= more.thread_speedup->value);
  CHECK(*more.percent_of_linear_speedup == Approx(150));
  CHECK(*sample.analysis.cases.back().percent_of_linear_speedup == 100);
  // 150 % of linear is no percentage of a limit: caches add up.
  CHECK_FALSE(std::holds_alternative<std::monostate>(
      shown_value(*named("percent_of_linear_speedup"), sample.c, more)));
  CHECK_FALSE(sample.analysis.cases[0].thread_speedup);
}

TEST_CASE("A percentage of a limit that is above 100 is hidden, and its case says why") {
  record::Run run = sample_run();
  run.ceilings.front().fma_gflops = 1;
  const analyze::Analysis analysis = analyze::analyze(run);
  const Quantity& percent = *named("percent_of_peak");
  CHECK(quantity_words(percent, run.cases[6], analysis.cases[6]) == "–");
  CHECK_THAT(hidden_words(run.cases[6], analysis.cases[6]),
             ContainsSubstring("Not shown: % of peak") &&
                 ContainsSubstring("the limit was measured too low"));
  const Json data = Json::parse(html_data(run, analysis));
  CHECK(data["cases"]["percent_of_peak"][6].is_null());
  CHECK(data["cases"]["gflops"][6].is_number());
  CHECK_THAT(data["reasons"][data["cases"]["hidden"][6].get<size_t>()].get<std::string>(),
             ContainsSubstring("% of peak"));
  CHECK_THAT(cases_csv(run, analysis), ContainsSubstring("percent_of_peak"));
  run.ceilings.front().fma_gflops = 1e6;
  const analyze::Analysis calm = analyze::analyze(run);
  CHECK(hidden_words(run.cases[6], calm.cases[6]).find("% of peak") == std::string::npos);
}

TEST_CASE("A percentage of the bf16 peak says so in tables, files and the page's data") {
  record::Run run = sample_run();
  make_bf16(run, 0, 6);
  const analyze::Analysis analysis = analyze::analyze(run);
  const auto words = [&](const char* name, size_t c) {
    return quantity_words(*named(name), run.cases[c], analysis.cases[c]);
  };
  CHECK(words("percent_of_peak", 4) == "36 (bf16)");
  CHECK(words("percent_of_adjacent_peak", 4) == "54 (bf16)");
  CHECK_THAT(words("percent_of_peak", 10), !ContainsSubstring("("));
  CHECK_THAT(words("gflops", 4), !ContainsSubstring("("));

  const std::vector<std::string> lines = cells_of(cases_csv(run, analysis), '\n');
  const std::vector<std::string> heads = cells_of(lines[0], ',');
  const auto peak = static_cast<size_t>(std::ranges::find(heads, "peak") - heads.begin());
  REQUIRE(peak < heads.size());
  CHECK(cells_of(lines[5], ',')[peak] == "bf16");
  CHECK(cells_of(lines[6], ',')[peak].empty());  // It was skipped.
  CHECK_THAT(samples_csv(run, analysis), ContainsSubstring(",128,256,,16,,"));

  const Json data = Json::parse(html_data(run, analysis));
  CHECK(data["groups"][0]["peak"] == "bf16");
  CHECK(data["groups"][0]["peak_gflops"] == 384);
  CHECK(data["groups"][1]["peak"] == "FMA");
  CHECK(data["groups"][1]["peak_gflops"] == 192);
}

TEST_CASE("Decoding tells tokens a second and the least bytes a second") {
  record::Run run = sample_run();
  run.cases[6].plan.problem.q_len = 2;
  run.cases[6].plan.problem.batch = 3;
  const analyze::Analysis analysis = analyze::analyze(run);
  const double median = analysis.cases[6].time_s->median;
  CHECK(std::get<double>(named("tokens_per_s")->of(run.cases[6], analysis.cases[6])) ==
        Approx(6 / median));
  CHECK(std::get<double>(named("least_traffic_gbs")->of(run.cases[6], analysis.cases[6])) ==
        Approx(static_cast<double>(run.cases[6].plan.traffic_bytes) / median / 1e9));
}

TEST_CASE("A scale or softcap of 0 is called by what it stands for, and a q_len that follows n") {
  record::Run run = sample_run();
  run.cases[0].plan.problem.softcap = 30;
  const Json data = Json::parse(html_data(run, analyze::analyze(run)));
  const auto words = [&](size_t group, const char* axis) -> std::string {
    const auto at =
        std::find(data["axes"].begin(), data["axes"].end(), axis) - data["axes"].begin();
    return data["groups"][group]["words"][at];
  };
  CHECK(words(0, "softcap") == "30");
  CHECK(words(1, "softcap") == "none");
  CHECK(words(1, "scale") == "0.125");
  CHECK(words(1, "q_len") == "n");
  CHECK(words(1, "threads") == "2");
}

TEST_CASE("Quantities that are told together are all in the table") {
  std::set<std::string> names;
  for (const Quantity& quantity : quantities()) {
    INFO(quantity.name);
    CHECK(names.insert(quantity.name).second);
    for (const char* with :
         {quantity.low, quantity.high, quantity.least, quantity.most, quantity.error})
      CHECK((with == nullptr || named(with) != nullptr));
    CHECK((quantity.chart == nullptr) == (quantity.pick == nullptr));
  }
}

}  // namespace
}  // namespace attnbench::report
