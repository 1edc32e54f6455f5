// Writes a resolved config. Reading it back gives the same one.
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "config/fields.h"
#include "config/inputs.h"
#include "config/lists.h"
#include "record/json.h"

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
  // An axis without values follows another one, and is left out.
  for (const record::Axis* axis : swept_axes())
    for (const record::AxisValue& value : config.sweep[*axis])
      sweep[axis->name].push_back(
          axis->type() == record::AxisType::kText
              ? input_json(config.sweep.input_source(std::get<std::string>(value)).get())
              : record::value_json(*axis, value));

  const Measure& measure = config.measure;
  json["measure"] = OrderedJson{{"rounds", measure.rounds},
                                {"min_time_s", measure.min_time_s},
                                {"timeout_s", measure.timeout_s},
                                {"memory_limit", nullptr},
                                {"seed", measure.seed}};
  if (measure.memory_limit_bytes) json["measure"]["memory_limit"] = *measure.memory_limit_bytes;
  for (const record::ProbeSetting& probe : config.probes) {
    OrderedJson& setting = json["probes"][probe.name];
    setting = {{"seeds", probe.seeds}, {"distances", probe.distances}};
    if (!probe.pairs.empty()) setting["pairs"] = probe.pairs;
  }
  if (!config.report.baseline.empty()) json["report"]["baseline"] = config.report.baseline;
  return json.dump(2) + "\n";
}

}  // namespace attnbench::config
