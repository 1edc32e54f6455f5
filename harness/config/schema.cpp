// The JSON Schema of configs, from the same tables that the reader checks against.
#include <limits>
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "config/fields.h"
#include "config/inputs.h"
#include "config/schema_parts.h"
#include "record/json.h"

namespace attnbench::config {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson range_schema(const OrderedJson& integer, const char* stride,
                         OrderedJson stride_schema) {
  return object_schema({{"from", integer}, {"to", integer}, {stride, std::move(stride_schema)}},
                       {"from", "to", stride});
}

/// What read_values accepts.
OrderedJson values_schema(int64_t min, int64_t max, const std::string& doc) {
  const OrderedJson integer = integer_schema(min, max);
  return {
      {"description", doc},
      {"anyOf", OrderedJson::array(
                    {integer, list_schema(integer),
                     range_schema(integer, "factor", {{"type", "number"}, {"exclusiveMinimum", 1}}),
                     range_schema(integer, "step", {{"type", "integer"}, {"minimum", 1}})})}};
}

/// What read_list_param accepts.
OrderedJson list_param_schema(const Param& param) {
  const OrderedJson text{{"type", "string"}, {"pattern", "^[-0-9,\\s]+$"}};
  const OrderedJson file{{"type", "string"}, {"minLength", 1}};
  return {{"description", std::string(param.doc) + "; integers from " + std::to_string(param.min) +
                              " to " + std::to_string(param.max) +
                              ", as a string of them or from a file in the config's folder" +
                              (param.is_square ? ", one row a line or all rows in one line" : "")},
          {"anyOf", OrderedJson::array({integer_schema(param.min, param.max), text,
                                        object_schema({{"file", file}}, {"file"})})}};
}

OrderedJson variant_schema(const registry::Entry& entry) {
  OrderedJson params = OrderedJson::object();
  for (const Param& param : entry.params()) {
    if (param.is_list) {
      params[param.name] = list_param_schema(param);
      continue;
    }
    params[param.name] = values_schema(param.min, param.max, param.doc);
    params[param.name]["default"] = param.value;
  }
  const OrderedJson label{{"description", "What reports call it."},
                          {"type", "string"},
                          {"minLength", 1},
                          {"maxLength", 100}};
  OrderedJson schema =
      object_schema({{"variant", {{"const", entry.info->name}}},
                     {"label", label},
                     {"params", object_schema(std::move(params), OrderedJson::array())}},
                    OrderedJson::array({"variant"}));
  schema["description"] = entry.info->summary;
  return schema;
}

OrderedJson variants_schema(const registry::Catalogue& catalogue) {
  OrderedJson names = OrderedJson::array();
  OrderedJson objects = OrderedJson::array();
  for (const registry::Entry& entry : catalogue.entries()) {
    names.push_back(entry.info->name);
    objects.push_back(variant_schema(entry));
  }
  OrderedJson choices = OrderedJson::array({OrderedJson{{"enum", std::move(names)}}});
  for (OrderedJson& object : objects) choices.push_back(std::move(object));
  return {{"description", "What is measured: names, or objects with params to sweep."},
          {"type", "array"},
          {"minItems", 1},
          {"items", {{"anyOf", std::move(choices)}}}};
}

/// A scalar or a list of them.
OrderedJson scalars_schema(const OrderedJson& scalar, const char* doc) {
  return {{"description", doc}, {"anyOf", OrderedJson::array({scalar, list_schema(scalar)})}};
}

OrderedJson sweep_schema() {
  OrderedJson properties;
  for (const record::Axis* axis : swept_axes()) properties[axis->name] = axis_schema(*axis);
  OrderedJson schema = object_schema(std::move(properties), OrderedJson::array({"seq_len"}));
  schema["description"] = "The problems: every combination of these axes.";
  return schema;
}

OrderedJson seconds_schema(double max, double standard, const char* doc) {
  return {{"description", doc},
          {"type", "number"},
          {"exclusiveMinimum", 0},
          {"maximum", max},
          {"default", standard}};
}

OrderedJson memory_schema() {
  return {
      {"description",
       "Cases whose inputs, output, workspace and bytes saved for backward exceed this are "
       "skipped. Bytes, or a string such as \"4 GiB\"; null: what is available when the run "
       "starts."},
      {"anyOf", OrderedJson::array({OrderedJson{{"type", "integer"},
                                                {"minimum", 1},
                                                {"maximum", std::numeric_limits<int64_t>::max()}},
                                    OrderedJson{{"type", "string"}, {"pattern", kMemoryPattern}},
                                    OrderedJson{{"type", "null"}}})},
      {"default", nullptr}};
}

OrderedJson setting_schema(int64_t min, int64_t max, OrderedJson standard, const char* doc) {
  return {{"description", doc},
          {"type", "integer"},
          {"minimum", min},
          {"maximum", max},
          {"default", std::move(standard)}};
}

OrderedJson measure_schema() {
  const Measure standard;
  return object_schema(
      {{"rounds", setting_schema(1, kMostRounds, standard.rounds,
                                 "Samples of each case, each from a process of its own.")},
       {"min_time_s",
        seconds_schema(kMostMinTimeS, standard.min_time_s, "Least time that one sample measures.")},
       {"timeout_s", seconds_schema(kMostTimeoutS, standard.timeout_s,
                                    "After this long a case's process is killed.")},
       {"memory_limit", memory_schema()},
       {"seed", setting_schema(0, kMostSeed, standard.seed,
                               "Of the inputs, the checked rows and the order of cases.")}},
      OrderedJson::array());
}

OrderedJson probes_schema() {
  OrderedJson probes = OrderedJson::object();
  for (const record::ProbeKind& kind : record::probe_kinds()) {
    OrderedJson fields{
        {"seeds", setting_schema(1, kind.most_seeds, kind.seeds, "Independent inputs.")},
        {"distances",
         setting_schema(1, record::kMostProbeDistances, record::ProbeSetting().distances,
                        "Distances from the last token, in equal ratios.")}};
    if (!kind.pairs.empty()) {
      fields["pairs"] =
          values_schema(1, record::kMostProbePairs, "Pairs of key and value that are planted.");
      fields["pairs"]["default"] = kind.pairs;
      for (OrderedJson& form : fields["pairs"]["anyOf"])
        if (form["type"] == "array") form["maxItems"] = kMostProbePairCounts;
    }
    probes[kind.name] = object_schema(std::move(fields), OrderedJson::array());
    probes[kind.name]["description"] = kind.doc;
  }
  OrderedJson schema = object_schema(std::move(probes), OrderedJson::array());
  schema["description"] = "What each case is asked beside its time; none if absent.";
  return schema;
}

}  // namespace

OrderedJson axis_schema(const record::Axis& axis) {
  OrderedJson schema;
  switch (axis.type()) {
    case record::AxisType::kInteger:
      schema = values_schema(std::get<int64_t>(axis.least), std::get<int64_t>(axis.most), axis.doc);
      break;
    case record::AxisType::kNumber:
    case record::AxisType::kFlag:
    case record::AxisType::kName:
      schema = scalars_schema(value_schema(axis), axis.doc);
      break;
    case record::AxisType::kText:
      schema = scalars_schema(input_schema(), axis.doc);
      break;
  }
  if (axis.standard) schema["default"] = record::value_json(axis, *axis.standard);
  if (axis.standard == record::AxisValue(0.0)) schema["default"] = 0;  // Not 0.0.
  return schema;
}

std::string schema_text(const registry::Catalogue& catalogue) {
  const OrderedJson text{{"type", "string"}};
  const OrderedJson name{{"description", "Names the folder under results/."},
                         {"type", "string"},
                         {"pattern", kNamePattern}};
  const OrderedJson baseline{
      {"description", "Label or variant of this config that speed-ups refer to."},
      {"type", "string"}};
  OrderedJson schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                     {"title", "attnbench config"},
                     {"allowComments", true}};  // Understood by VS Code's editor.
  schema.update(
      object_schema({{"$schema", text},
                     {"name", name},
                     {"description", text},
                     {"variants", variants_schema(catalogue)},
                     {"sweep", sweep_schema()},
                     {"measure", measure_schema()},
                     {"probes", probes_schema()},
                     {"report", object_schema({{"baseline", baseline}}, OrderedJson::array())}},
                    OrderedJson::array({"name", "variants", "sweep"})));
  return schema.dump(2) + "\n";
}

}  // namespace attnbench::config
