// The JSON Schema of studies states what their reader accepts.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "study/evidence.h"
#include "study/read.h"

using namespace attnbench::study;
using Json = nlohmann::json;

TEST_CASE("The schema knows every key of a study and nothing else") {
  const Json schema = Json::parse(study_schema_text());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["required"] == Json({"name", "title", "configs", "sections"}));
  const Json& section = schema["properties"]["sections"]["items"];
  CHECK(section["required"] == Json({"id", "title", "question"}));
  CHECK(section["dependentRequired"]["claims"] == Json::array({"config"}));
  const Json& claim = schema["$defs"]["claim"];
  CHECK(claim["additionalProperties"] == false);
  CHECK(claim["oneOf"].size() == 7);
  for (const Json& rule : claim["oneOf"])
    CHECK(claim["properties"].contains(rule["required"][0].get<std::string>()));
}

TEST_CASE("The schema names every quantity with what it is") {
  const Json schema = Json::parse(study_schema_text());
  const Json& choices = schema["$defs"]["quantity"]["oneOf"];
  REQUIRE(choices.size() == quantity_rows().size());
  for (size_t i = 0; i < choices.size(); ++i) {
    CHECK(choices[i]["const"] == quantity_rows()[i].name);
    CHECK(choices[i]["description"] == quantity_rows()[i].what);
  }
}

TEST_CASE("In the schema a pick has one value of each axis that tells series apart") {
  const Json schema = Json::parse(study_schema_text());
  const Json& pick = schema["$defs"]["pick"]["anyOf"][1]["properties"];
  for (const attnbench::record::Axis& axis : attnbench::record::axes()) {
    const bool in_pick = (axis.swept() && axis.in_series) || axis.name == std::string("seq_len");
    CHECK(pick.contains(axis.name) == in_pick);
  }
  CHECK(pick["causal"]["type"] == "boolean");
  CHECK(pick["pass"]["enum"] == Json({"forward", "backward", "both"}));
  CHECK(pick["threads"]["type"] == "integer");
}
