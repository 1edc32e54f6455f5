// How a gate judges comparisons: it never passes without a verdict.
#include "analyze/gate.h"

#include "catch.h"
#include "made_up_run.h"

namespace attnbench::analyze {
namespace {

GateResult result_of(const record::Run& base, const record::Run& fresh, GateRules rules = {}) {
  return judge_gate(compare(base, fresh, {1.05}), rules);
}

TEST_CASE("Five rounds are no pass, however far the times lie apart") {
  record::Run fresh = make_run(15, 2, 5);
  CHECK(result_of(make_run(15, 1, 5), fresh) == GateResult::kNoVerdict);
  for (record::CaseRecord& c : fresh.cases) slow_down(c, 10);
  CHECK(result_of(make_run(15, 1, 5), fresh) == GateResult::kNoVerdict);
}

TEST_CASE("Six rounds of many cases ten times as slow are a regression") {
  record::Run fresh = make_run(60, 2, 6);
  for (record::CaseRecord& c : fresh.cases) slow_down(c, 10);
  CHECK(result_of(make_run(60, 1, 6), fresh) == GateResult::kRegression);
  CHECK(result_of(fresh, make_run(60, 1, 6)) == GateResult::kNoVerdict);
}

TEST_CASE("A case without a verdict fails a gate that asks for all") {
  const record::Run base = make_run(5, 1, 25);
  record::Run fresh = base;
  CHECK(result_of(base, fresh, {{}, true}) == GateResult::kPass);
  fresh.cases[2].samples.resize(5);
  CHECK(result_of(base, fresh) == GateResult::kPass);
  CHECK(result_of(base, fresh, {{}, true}) == GateResult::kUnknown);
  for (record::CaseRecord& c : fresh.cases) c.samples.resize(5);
  CHECK(result_of(base, fresh) == GateResult::kNoVerdict);
}

TEST_CASE("Runs without a case that both have timed are no pass") {
  const record::Run none;
  CHECK(result_of(none, none) == GateResult::kNoVerdict);
  record::Run base = make_run(2, 1);
  for (record::CaseRecord& c : base.cases) c.plan.outcome = record::Outcome::kSkipped;
  CHECK(result_of(base, base) == GateResult::kNoVerdict);
}

TEST_CASE("More memory is a regression though no time got a verdict") {
  const record::Run base = make_run(5, 1, 5);
  record::Run fresh = base;
  fresh.cases[0].plan.workspace_bytes += 1;
  CHECK(result_of(base, fresh) == GateResult::kRegression);
}

TEST_CASE("An obstacle counts before a regression, unless it is allowed") {
  const record::Run base = make_run(5, 1, 25);
  record::Run fresh = base;
  fresh.machine.cpu = "another";
  for (record::CaseRecord& c : fresh.cases) slow_down(c, 2);
  CHECK(result_of(base, fresh) == GateResult::kNotComparable);
  CHECK(result_of(base, fresh, {{"build"}, false}) == GateResult::kNotComparable);
  CHECK(result_of(base, fresh, {{"machine"}, false}) == GateResult::kRegression);
}

}  // namespace
}  // namespace attnbench::analyze
