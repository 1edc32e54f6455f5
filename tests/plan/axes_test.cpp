// Loops over the table of axes: a plan has cases for each value of each axis.
#include <algorithm>

#include "axis_values.h"
#include "catch.h"
#include "fakes.h"
#include "plan/plan.h"

using namespace attnbench;
using plan::testing::catalogue;
using record::Axis;

TEST_CASE("A sweep of two values of any axis has cases of both, each with its own counts") {
  config::Config config;
  config.variants = {{"window", "", {}}};
  config.sweep["seq_len"] = {int64_t{16}};
  config.sweep["heads"] = {int64_t{2}};
  config.sweep["threads"] = {int64_t{1}};
  const record::Case one = plan::make_plan(config, catalogue(), 1 << 30).cases.at(0);
  const Exact& variant = *catalogue().find("window")->variant->exact();
  const int64_t params[] = {2, 0};
  for (const Axis& axis : record::axes()) {
    if (!axis.swept()) continue;
    INFO(axis.name);
    config::Config swept = config;
    const record::AxisValue other = test::other_value(axis, one);
    swept.sweep[axis] = {axis.get(one), other};
    std::vector<record::Case> cases = plan::make_plan(swept, catalogue(), 1 << 30).cases;
    REQUIRE(cases.size() == 2);
    CHECK(axis.get(cases[0]) == std::min(axis.get(one), other));
    CHECK(axis.get(cases[1]) == std::max(axis.get(one), other));
    for (const record::Case& c : cases) {
      if (c.outcome == record::Outcome::kSkipped) continue;
      const plan::Work work = plan::count_work(variant, {c.problem, params, c.threads});
      CHECK(c.pairs == c.problem.batch * c.problem.heads * work.pairs);
    }
  }
}
