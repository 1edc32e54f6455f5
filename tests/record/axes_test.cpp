// Walks the table of axes: each axis is recorded, tells series apart and is described in words.
#include "record/axes.h"

#include "axis_values.h"
#include "catch.h"
#include "record/json_fields.h"
#include "sample_run.h"

using namespace attnbench;
using namespace attnbench::record;

namespace {

/// Of an enum that any Case has.
constexpr const char* kEnds[] = {"pending", "ok", "skipped", "invalid", "failed", "timeout"};
const Axis kEnumAxis{.name = "end",
                     .field = axis_field<&Case::outcome>(),
                     .doc = "How it ends.",
                     .names = kEnds,
                     .standard = 1};

}  // namespace

TEST_CASE("Every axis is in the record of a case and is read back from it") {
  const Case c = test::sample_case(0);
  for (const Axis& axis : axes()) {
    INFO(axis.name);
    const Case changed = test::with_other_value(axis, c);
    const Json j = to_json(changed);
    CHECK(j.contains(axis.name) == axis.recorded);
    CHECK(values_of(case_from_json(j), any_axis) == values_of(changed, any_axis));
    CHECK(values_of(changed, any_axis) != values_of(c, any_axis));
  }
}

TEST_CASE("An axis that a record lacks has its standard value, unless all records have it") {
  for (const Axis& axis : axes()) {
    if (!axis.recorded) continue;
    INFO(axis.name);
    Json j = to_json(test::sample_case(0));
    j.erase(axis.name);
    if (axis.since_first)
      CHECK_THROWS_AS(case_from_json(j), RecordError);
    else
      CHECK(axis.is_standard(case_from_json(j)));
  }
}

TEST_CASE("A case that nobody changed has the standard value of each axis that came later") {
  for (const Axis& axis : axes())
    if (axis.recorded && !axis.since_first) CHECK(axis.is_standard(Case()));
}

TEST_CASE("Every axis sets series apart, but for the length that is swept within them") {
  const Case c = test::sample_case(0);
  for (const Axis& axis : axes()) {
    INFO(axis.name);
    CHECK(same_series(c, test::with_other_value(axis, c)) == !axis.in_series);
  }
}

TEST_CASE("The description of a case tells every axis") {
  const Case c = test::sample_case(0);
  for (const Axis& axis : axes()) {
    INFO(axis.name);
    CHECK(describe_case(c) != describe_case(test::with_other_value(axis, c)));
    if (axis.in_series)
      CHECK(describe_problem(c) != describe_problem(test::with_other_value(axis, c)));
  }
}

TEST_CASE("A value of an axis that cannot be is refused with its place") {
  for (const Axis& axis : axes()) {
    if (!axis.recorded || axis.type() == AxisType::kFlag) continue;
    Json j = Json::parse(run_to_text(test::sample_run()));
    j["cases"][0][axis.name] = axis.type() == AxisType::kName      ? Json("no such name")
                               : axis.type() == AxisType::kInteger ? Json(-1)
                                                                   : Json(-1.0);
    const std::string place = std::string("run.json: /cases/0/") + axis.name + ": ";
    CHECK_THROWS_WITH(run_from_text(j.dump(), "run.json"), ContainsSubstring(place));
  }
}

TEST_CASE("An enum is an axis by its names") {
  CHECK(kEnumAxis.type() == AxisType::kName);
  Case c;
  kEnumAxis.set(c, int64_t{3});
  CHECK(c.outcome == Outcome::kInvalid);
  CHECK(value_text(kEnumAxis, kEnumAxis.get(c)) == "invalid");
  CHECK(axis_words(kEnumAxis, c) == "invalid end");
  visit::Writer writer;
  writer(kEnumAxis, c);
  CHECK(writer.object_ == Json{{"end", "invalid"}});
  Case read;
  visit::Reader(writer.object_, "/cases/0")(kEnumAxis, read);
  CHECK(read.outcome == Outcome::kInvalid);
  CHECK_THROWS_WITH(visit::Reader(Json{{"end", "bad"}}, "/cases/0")(kEnumAxis, read),
                    "/cases/0/end: expected one of pending, ok, skipped, invalid, failed, timeout");
  c.outcome = Outcome::kOk;
  CHECK(axis_words(kEnumAxis, c).empty());
  CHECK(told_words(kEnumAxis, c) == "ok end");
}
