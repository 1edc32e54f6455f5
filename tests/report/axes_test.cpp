// Loops over the table of axes: the output of each writer holds each axis.
#include "record/axes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "axis_values.h"
#include "catch.h"
#include "record/format.h"
#include "report/benchmark_json.h"
#include "report/comparison.h"
#include "report/csv.h"
#include "report/html_data.h"
#include "report/markdown.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

using record::Axis;
using Json = nlohmann::json;

/// The sample run with its first case only.
record::Run one_case() {
  record::Run run = sample_run();
  run.cases.resize(1);
  run.patterns.clear();
  run.sentence = {};
  run.largest_fits.clear();
  return run;
}

record::Run changed(const Axis& axis) {
  record::Run run = one_case();
  run.cases[0].plan = test::with_other_value(axis, run.cases[0].plan);
  run.cases[0].plan.q_len_follows = run.cases[0].plan.problem.q_len == run.cases[0].plan.seq_len();
  return run;
}

/// The cell of a column in the first row. The cells before it must hold no commas.
std::string cell(const std::string& csv, const std::string& column) {
  std::istringstream lines(csv);
  std::string names, values, name, value;
  std::getline(lines, names);
  std::getline(lines, values);
  std::istringstream names_of(names), values_of(values);
  while (std::getline(names_of, name, ',') && std::getline(values_of, value, ','))
    if (name == column) return value;
  return "no such column";
}

std::string text_of(const Axis& axis, const record::Run& run) {
  const record::Case& plan = run.cases[0].plan;
  return axis.resolved != nullptr ? record::shortest(axis.resolved(plan))
                                  : value_text(axis, axis.get(plan));
}

TEST_CASE("Every axis is a column of each CSV file") {
  for (const Axis& axis : record::axes()) {
    INFO(axis.name);
    const record::Run run = changed(axis);
    const analyze::Analysis analysis = analyze::analyze(run);
    CHECK(cell(cases_csv(run, analysis), axis.name) == text_of(axis, run));
    CHECK(cell(samples_csv(run, analysis), axis.name) == text_of(axis, run));
    const analyze::Comparison comparison = analyze::compare(run, run, {1});
    CHECK(cell(comparison_csv({comparison, run, run, "-"}), axis.name) == text_of(axis, run));
  }
}

TEST_CASE("Every axis is in the name of a benchmark, with its value") {
  for (const Axis& axis : record::axes()) {
    if (!axis.recorded) continue;
    INFO(axis.name);
    const record::Run run = changed(axis);
    std::string value = value_text(axis, axis.get(run.cases[0].plan));
    if (axis.type() == record::AxisType::kFlag) value = value == "true" ? "1" : "0";
    const Json json = Json::parse(benchmark_json(run));
    const std::string name = json["benchmarks"][0]["name"].get<std::string>() + "/";
    CHECK_THAT(name, ContainsSubstring(std::string("/") + axis.name + ":" + value + "/"));
    const std::string before = Json::parse(benchmark_json(one_case()))["benchmarks"][0]["name"];
    CHECK(before + "/" != name);
  }
}

TEST_CASE("Every axis but the swept length is in the page's data, with its value") {
  for (const Axis& axis : record::axes()) {
    if (!axis.swept() || !axis.in_series) continue;
    INFO(axis.name);
    const record::Run run = changed(axis);
    const Json data = Json::parse(html_data(run, analyze::analyze(run)));
    const auto at = std::find(data["axes"].begin(), data["axes"].end(), axis.name);
    REQUIRE(at != data["axes"].end());
    const Json value = record::value_json(axis, axis.get(run.cases[0].plan));
    CHECK(data["groups"][0]["axes"][static_cast<size_t>(at - data["axes"].begin())] == value);
  }
}

TEST_CASE("Every axis is told in the Markdown report") {
  const record::Run base = one_case();
  for (const Axis& axis : record::axes()) {
    INFO(axis.name);
    const record::Run run = changed(axis);
    CHECK(report_md(run, analyze::analyze(run)) != report_md(base, analyze::analyze(base)));
  }
}

}  // namespace
}  // namespace attnbench::report
