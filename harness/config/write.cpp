// Writes a resolved config so that reading it back gives the same one.
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "config/fields.h"
#include "config/lists.h"

namespace attnbench::config {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson variant_json(const VariantSpec& spec) {
  OrderedJson json{{"variant", spec.variant}};
  if (!spec.label.empty()) json["label"] = spec.label;
  for (const auto& [name, values] : spec.params) json["params"][name] = values;
  if (spec.list) json["params"][spec.list_name] = list_text(*spec.list);
  return json;
}

}  // namespace

std::string config_to_text(const Config& config) {
  OrderedJson json{{"name", config.name}, {"description", config.description}};
  for (const VariantSpec& spec : config.variants) json["variants"].push_back(variant_json(spec));

  OrderedJson& sweep = json["sweep"];
  for (const Axis& axis : kAxes)  // an empty axis follows another one, which absence says
    if (!(config.sweep.*axis.values).empty()) sweep[axis.name] = config.sweep.*axis.values;
  for (const NumberAxis& axis : kNumberAxes) sweep[axis.name] = config.sweep.*axis.values;
  for (const FlagAxis& axis : kFlagAxes) sweep[axis.name] = config.sweep.*axis.values;

  const Measure& measure = config.measure;
  json["measure"] = OrderedJson{{"rounds", measure.rounds},
                                {"min_time_s", measure.min_time_s},
                                {"timeout_s", measure.timeout_s},
                                {"memory_limit", nullptr},
                                {"seed", measure.seed}};
  if (measure.memory_limit_bytes) json["measure"]["memory_limit"] = *measure.memory_limit_bytes;
  if (!config.report.baseline.empty()) json["report"]["baseline"] = config.report.baseline;
  return json.dump(2) + "\n";
}

}  // namespace attnbench::config
