// Tests of what rows say together.
#include "measure/judged_rows.h"

#include <limits>

#include "catch.h"

namespace attnbench::measure {
namespace {

TEST_CASE("A row whose error has no ratio to its bound is the worst, whatever rows follow") {
  RowVerdict none, twice;
  none.worst_error_over_bound = std::numeric_limits<double>::quiet_NaN();
  none.reason = "no ratio";
  twice.worst_error_over_bound = 2;
  twice.reason = "twice";
  const RowVerdict right;
  for (const std::vector<RowVerdict>& rows : {std::vector{none, twice, right}, {twice, none}}) {
    const Verdict verdict = judge_rows(rows);
    CHECK_FALSE(verdict.ok);
    CHECK(verdict.reason == "no ratio");
  }
  CHECK(judge_rows(std::vector{right, twice}).reason == "twice");
}

}  // namespace
}  // namespace attnbench::measure
