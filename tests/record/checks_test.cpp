// Tests of what checks say together.
#include "record/checks.h"

#include <cmath>
#include <limits>

#include "catch.h"

namespace attnbench::record {
namespace {

TEST_CASE("Of several checks the worst stands, and rows add up") {
  Check all{
      .rows_checked = 3, .worst_error = 0.5, .worst_error_over_bound = 0.25, .rows_counted = 8};
  merge(all, {.rows_checked = 4,
              .worst_error = 0.25,
              .worst_error_over_bound = 0.5,
              .visible_error = 1e-3,
              .differing_outputs = 1,
              .rows_sharp = 4});
  CHECK(all.rows_checked == 7);
  CHECK(all.worst_error == 0.5);
  CHECK(all.worst_error_over_bound == 0.5);
  CHECK(all.visible_error == 1e-3);
  CHECK(all.rows_sharp == 4);
  CHECK(all.rows_counted == 8);
  CHECK(all.differing_outputs == 1);
}

TEST_CASE("An error that is no number is worse than any, before or after others") {
  Check none, twice;
  none.worst_error_over_bound = std::numeric_limits<double>::quiet_NaN();
  twice.worst_error_over_bound = 2;
  Check before = none, after = twice;
  merge(before, twice);
  merge(after, none);
  CHECK(std::isnan(before.worst_error_over_bound));
  CHECK(std::isnan(after.worst_error_over_bound));
}

}  // namespace
}  // namespace attnbench::record
