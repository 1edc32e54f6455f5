// Loops over the table of axes: each axis is read, written, in the schema, and has its default.
#include "record/axes.h"

#include <nlohmann/json.hpp>

#include "axis_values.h"
#include "catch.h"
#include "config/fields.h"
#include "config/sections.h"
#include "fakes.h"
#include "record/json.h"

using namespace attnbench;
using namespace attnbench::config;
using attnbench::config::testing::catalogue;
using Json = nlohmann::json;
using record::Axis;

namespace {

constexpr const char* kEnds[] = {"pending", "ok", "skipped"};
const Axis kEnumAxis{.name = "end",
                     .field = record::axis_field<&record::Case::outcome>(),
                     .doc = "How it ends.",
                     .names = kEnds,
                     .standard = 1};

Config with_axis(const Axis& axis, const std::string& values) {
  Json sweep = {{"seq_len", 8}};
  sweep[axis.name] = Json::parse(values);
  const Json config = {{"name", "t"}, {"variants", {"full"}}, {"sweep", sweep}};
  return parse_config(config.dump(), "test.json", {}, catalogue(), 2);
}

/// The values of the enum above in a config, or what is wrong with them.
std::string read_ends(const std::string& text) {
  const Json json = Json::parse(text);
  Problems problems("t.json");
  int64_t budget = 10;
  try {
    const AxisValues values = read_axis({json, "/sweep/end"}, kEnumAxis, budget, problems);
    problems.throw_if_any();
    std::string names;
    for (const record::AxisValue& value : values) names += value_text(kEnumAxis, value) + " ";
    return names;
  } catch (const ConfigError& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("A config may name every axis that is swept, and its values are read back") {
  const record::Case c;
  for (const Axis& axis : record::axes()) {
    // Inputs, other than the standard ones, need a file: inputs_test.cpp reads them.
    if (!axis.swept() || axis.type() == record::AxisType::kText) continue;
    INFO(axis.name);
    const AxisValues values{test::other_value(axis, c), axis.get(c)};
    const std::string text =
        record::Json({record::value_json(axis, values[0]), record::value_json(axis, values[1])})
            .dump();
    const Config config = with_axis(axis, text);
    CHECK(config.sweep[axis] == values);
    const std::string written = config_to_text(config);
    CHECK(Json::parse(written)["sweep"][axis.name] == Json::parse(text));
    CHECK(parse_config(written, "again.json", {}, catalogue(), 2).sweep[axis] == values);
  }
}

TEST_CASE("An axis that no config names has its standard value, or follows another one") {
  const Config config =
      parse_config(R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}})", "test.json",
                   {}, catalogue(), 2);
  for (const Axis& axis : record::axes()) {
    INFO(axis.name);
    if (axis.standard)
      CHECK(config.sweep[axis] == AxisValues{*axis.standard});
    else if (axis.follows != nullptr)
      CHECK(config.sweep[axis].empty());
  }
}

TEST_CASE("The schema has every axis that is swept, with its help and its default") {
  const Json sweep = Json::parse(schema_text(catalogue()))["properties"]["sweep"]["properties"];
  size_t swept = 0;
  for (const Axis& axis : record::axes()) {
    if (!axis.swept()) continue;
    INFO(axis.name);
    ++swept;
    REQUIRE(sweep.contains(axis.name));
    CHECK(sweep[axis.name]["description"] == axis.doc);
    CHECK(sweep[axis.name].contains("default") == axis.standard.has_value());
  }
  CHECK(sweep.size() == swept);
}

TEST_CASE("A config gives the values of an enum by their names") {
  CHECK(read_ends(R"("skipped")") == "skipped ");
  CHECK(read_ends(R"(["ok", "pending"])") == "ok pending ");
  const std::string wanted = "end is one of: pending, ok, skipped";
  CHECK(read_ends(R"("fine")") ==
        "t.json: /sweep/end: is \"fine\"; " + wanted + "; or a list of them");
  CHECK(read_ends(R"(["ok", 1])") == "t.json: /sweep/end/1: is 1; " + wanted);
  CHECK(read_ends(R"(["ok", "ok"])") == "t.json: /sweep/end/1: \"ok\" is twice in this list");
  const Json schema = axis_schema(kEnumAxis);
  CHECK(schema["anyOf"][0]["enum"] == Json({"pending", "ok", "skipped"}));
  CHECK(schema["anyOf"][1]["items"]["enum"] == schema["anyOf"][0]["enum"]);
  CHECK(schema["default"] == "ok");
}
