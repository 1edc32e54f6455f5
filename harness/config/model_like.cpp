// Reads and writes params of model_like inputs.
#include "config/model_like.h"

#include <string>
#include <vector>

#include "record/format.h"
#include "record/model_like.h"

namespace attnbench::config {
namespace {

using OrderedJson = nlohmann::ordered_json;
using record::kModelLikeName;
using record::kModelLikeParams;

double read_param(const Node& node, const record::InputParam& param, Problems& problems) {
  if (node.value.is_number()) {
    const double value = node.value.get<double>();
    if (value >= param.min && value <= param.max) return value;
  }
  problems.add(node.pointer, shown(node.value) + " is out of range; " + param.name +
                                 " is a number from " + record::shortest(param.min) + " to " +
                                 record::shortest(param.max));
  return param.value;
}

}  // namespace

std::shared_ptr<const record::InputSource> read_model_like(const Node& node, Problems& problems) {
  record::InputSource source;
  for (const record::InputParam& param : kModelLikeParams) source.model_like.push_back(param.value);
  if (node.value.is_object()) {
    if (!check_object(node, {kModelLikeName}, problems)) return nullptr;
    const Node params = *member(node, kModelLikeName);
    std::vector<std::string> names;
    for (const record::InputParam& param : kModelLikeParams) names.emplace_back(param.name);
    if (!check_object(params, names, problems)) return nullptr;
    for (size_t i = 0; i < names.size(); ++i)
      if (const auto value = member(params, names[i].c_str()))
        source.model_like[i] = read_param(*value, kModelLikeParams[i], problems);
  }
  return std::make_shared<const record::InputSource>(std::move(source));
}

OrderedJson model_like_json(const record::InputSource& source) {
  OrderedJson params = OrderedJson::object();
  for (size_t i = 0; i < source.model_like.size(); ++i)
    if (source.model_like[i] != kModelLikeParams[i].value)
      params[kModelLikeParams[i].name] = source.model_like[i];
  if (params.empty()) return kModelLikeName;
  return {{kModelLikeName, std::move(params)}};
}

OrderedJson model_like_schema() {
  OrderedJson properties = OrderedJson::object();
  for (const record::InputParam& param : kModelLikeParams)
    properties[param.name] = {{"description", param.doc},
                              {"type", "number"},
                              {"minimum", param.min},
                              {"maximum", param.max},
                              {"default", param.value}};
  const OrderedJson params{
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  return {{"type", "object"},
          {"additionalProperties", false},
          {"properties", {{kModelLikeName, params}}},
          {"required", OrderedJson::array({kModelLikeName})}};
}

}  // namespace attnbench::config
