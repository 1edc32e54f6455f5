// What JSON Schemas of attnbench's files are made of.
#include "config/schema_parts.h"

#include <string>
#include <utility>
#include <vector>

namespace attnbench::config {

using OrderedJson = nlohmann::ordered_json;

OrderedJson object_schema(OrderedJson properties, OrderedJson required) {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"properties", std::move(properties)},
          {"required", std::move(required)}};
}

OrderedJson list_schema(const OrderedJson& item) {
  return {{"type", "array"}, {"items", item}, {"minItems", 1}, {"uniqueItems", true}};
}

OrderedJson integer_schema(int64_t min, int64_t max) {
  return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
}

OrderedJson value_schema(const record::Axis& axis) {
  switch (axis.type()) {
    case record::AxisType::kInteger:
      return integer_schema(std::get<int64_t>(axis.least), std::get<int64_t>(axis.most));
    case record::AxisType::kNumber: {
      const OrderedJson limits{{"minimum", std::get<double>(axis.least)},
                               {"maximum", std::get<double>(axis.most)}};
      return {{"type", "number"},
              {"anyOf", OrderedJson::array({OrderedJson{{"const", 0}}, limits})}};
    }
    case record::AxisType::kFlag:
      return {{"type", "boolean"}};
    case record::AxisType::kName:
      return {{"enum", std::vector<std::string>(axis.names.begin(), axis.names.end())}};
    case record::AxisType::kText:
      return {{"type", "string"}, {"minLength", 1}};
  }
  return {};
}

}  // namespace attnbench::config
