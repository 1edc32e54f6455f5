// The JSON Schema states what the reader accepts.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "config/config.h"
#include "fakes.h"

using namespace attnbench::config;
using attnbench::config::testing::catalogue;
using Json = nlohmann::json;

TEST_CASE("The schema knows every key of a config and nothing else") {
  const Json schema = Json::parse(schema_text(catalogue()));
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["required"] == Json({"name", "variants", "sweep"}));
  const Json& sweep = schema["properties"]["sweep"];
  CHECK(sweep["required"] == Json::array({"seq_len"}));
  CHECK(sweep["properties"]["heads"]["default"] == 8);
  const Json& measure = schema["properties"]["measure"]["properties"];
  for (const char* key : {"rounds", "min_time_s", "timeout_s", "memory_limit", "seed"})
    CHECK(measure.contains(key));
  CHECK(measure["rounds"]["default"] == 9);
}

TEST_CASE("The schema carries the params of each variant with limits, default and doc") {
  const Json schema = Json::parse(schema_text(catalogue()));
  const Json& choices = schema["properties"]["variants"]["items"]["anyOf"];
  CHECK(choices[0]["enum"] == Json({"full", "window"}));
  CHECK(choices[1]["properties"]["params"]["properties"] == Json::object());
  const Json& window = choices[2];
  CHECK(window["properties"]["variant"]["const"] == "window");
  CHECK(window["additionalProperties"] == false);
  const Json& left = window["properties"]["params"]["properties"]["left"];
  CHECK(left["default"] == 256);
  CHECK(left["description"] == "Keys before the query's position.");
  CHECK(left["anyOf"][0]["minimum"] == -1);
  CHECK(left["anyOf"][0]["maximum"] == 1 << 20);
  CHECK(left["anyOf"][1]["items"]["minimum"] == -1);
  CHECK(left["anyOf"][2]["required"] == Json({"from", "to", "factor"}));
  CHECK(left["anyOf"][3]["required"] == Json({"from", "to", "step"}));
}
