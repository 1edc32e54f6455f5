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

/// The first case of the sample run, which has a value for every quantity.
struct Sample {
  record::Run run = sample_run();
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
