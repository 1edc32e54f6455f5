// Facts that a run must refuse, however they came into its journal.
#include "run/facts.h"

#include <cmath>

#include "catch.h"
#include "record/sanity.h"

using namespace attnbench;

namespace {

record::Json probe_fact() {
  return {
      {"fact", "probe"},
      {"case", 0},
      {"name", "influence"},
      {"seeds", 8},
      {"reason", ""},
      {"points", {{{"distance", 1}, {"pairs", 0}, {"value", 0.5}, {"low", 0.25}, {"high", 0.75}}}}};
}

record::Run one_case() {
  record::Run run;
  run.config_json = "{}";
  run.cases.emplace_back();
  return run;
}

}  // namespace

TEST_CASE("A probe becomes part of its case") {
  record::Run run = one_case();
  run::apply_fact(run, probe_fact());
  REQUIRE(run.cases[0].probes.size() == 1);
  CHECK(run.cases[0].probes[0].points.at(0).value == 0.5);
  CHECK_NOTHROW(record::require_sane(run));
}

TEST_CASE("A probe that no record may hold is refused, and so is a second one of its name") {
  const auto refusal = [](const char* field, const record::Json& value) {
    record::Json fact = probe_fact();
    fact[record::Json::json_pointer(field)] = value;
    record::Run run = one_case();
    try {
      run::apply_fact(run, fact);
    } catch (const record::RecordError& e) {
      CHECK(run.cases[0].probes.empty());
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(refusal("/name", "weather") == "probe/weather: no known probe");
  const std::string either =
      "probe/influence: expected either points or, in reason, why there "
      "are none";
  CHECK(refusal("/points", record::Json::array()) == either);
  CHECK(refusal("/reason", "why") == either);
  const std::string between = "probe/influence: a value that is not between low and high";
  CHECK(refusal("/points/0/value", 0.8) == between);
  CHECK(refusal("/points/0/value", nullptr) == between);
  CHECK(refusal("/points/0/high", nullptr) == between);
  CHECK(refusal("/points/0/distance", 0) == "probe/influence: a distance below 1");
  CHECK(refusal("/points/0/pairs", -1) == "probe/influence: pairs below 0");

  record::Run run = one_case();
  run::apply_fact(run, probe_fact());
  CHECK_THROWS_WITH(run::apply_fact(run, probe_fact()),
                    "a second result of one case's probe 'influence'");
  CHECK(run.cases[0].probes.size() == 1);
}

TEST_CASE("A record with the same probe of a case twice is refused") {
  record::Run run = one_case();
  run::apply_fact(run, probe_fact());
  run.cases[0].probes.push_back(run.cases[0].probes[0]);
  CHECK_THROWS_WITH(record::require_sane(run), "/cases/0/probes/influence: the same probe twice");
}

TEST_CASE("An invalid case shows no error that would pass, and any that does not") {
  const auto ended = [](const char* outcome, double ratio) {
    record::Run run = one_case();
    run::apply_fact(run, {{"fact", "check"},
                          {"case", 0},
                          {"rows_checked", 4},
                          {"worst_error", 1e-7},
                          {"worst_error_over_bound", ratio}});
    run::apply_fact(run,
                    {{"fact", "outcome"}, {"case", 0}, {"outcome", outcome}, {"reason", "why"}});
    const record::Run back = record::run_from_text(record::run_to_text(run), "test");
    return *back.cases[0].check;
  };
  CHECK(ended("ok", 0.1).worst_error_over_bound == 0.1);
  CHECK(ended("invalid", 3).worst_error_over_bound == 3);
  CHECK(ended("invalid", 3).worst_error == 1e-7);
  CHECK(std::isnan(ended("invalid", 0.1).worst_error_over_bound));
  CHECK(std::isnan(ended("invalid", 0.1).worst_error));
  CHECK(ended("invalid", 0.1).rows_checked == 4);
}
