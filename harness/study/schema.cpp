// The JSON Schema of study.json, from the same tables that the reader checks against.
#include <limits>
#include <nlohmann/json.hpp>

#include "attnbench/problem.h"
#include "config/fields.h"
#include "config/schema_parts.h"
#include "record/probe.h"
#include "study/evidence.h"
#include "study/fields.h"
#include "study/read.h"

namespace attnbench::study {
namespace {

using config::integer_schema;
using config::list_schema;
using config::object_schema;
using OrderedJson = nlohmann::ordered_json;

OrderedJson described(const std::string& what, OrderedJson schema) {
  OrderedJson with{{"description", what}};
  with.update(schema);
  return with;
}

OrderedJson text_schema(const std::string& what) {
  return described(what, {{"type", "string"}, {"pattern", "\\S"}});
}

OrderedJson texts_schema(const std::string& what) {
  return described(
      what,
      {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", "\\S"}}}, {"minItems", 1}});
}

OrderedJson file_schema(const std::string& what) {
  OrderedJson taken = OrderedJson::array();
  for (const std::string_view name : kTakenNames) taken.push_back(name);
  return described(
      what,
      {{"type", "string"}, {"pattern", kJsonNamePattern}, {"not", {{"enum", std::move(taken)}}}});
}

OrderedJson ref(const char* name) {
  return {{"$ref", std::string("#/$defs/") + name}};
}

/// Each with what it means, which editors show.
OrderedJson quantity_schema() {
  OrderedJson choices = OrderedJson::array();
  for (const QuantityRow& row : quantity_rows())
    choices.push_back({{"const", row.name}, {"description", row.what}});
  return {{"oneOf", std::move(choices)}};
}

OrderedJson pick_schema() {
  const OrderedJson whole =
      integer_schema(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  const OrderedJson length = integer_schema(1, kMaxLength);
  OrderedJson fields{
      {"variant", text_schema("The variant's label or registered name.")},
      {"params",
       {{"description", "Values of params that tell series apart."},
        {"type", "object"},
        {"additionalProperties", whole}}},
      {kSeqLen,
       described("The length looked at; if absent, that of 'published', else the largest one.",
                 length)},
      {kDistance,
       {{"description", "The distance looked at, of a probe: the nearest one that was tried."},
        {"anyOf", OrderedJson::array({length, OrderedJson{{"enum", {kNearest, kFarthest}}}})}}},
      {"pairs", described("The planted pairs of the probe recall; if absent, the most.",
                          integer_schema(1, record::kMostProbePairs))}};
  for (const record::Axis* axis : pick_axes())
    fields[axis->name] = described(axis->doc, config::value_schema(*axis));
  const OrderedJson object = object_schema(std::move(fields), {"variant"});
  return {{"description", "Names one series of the section's config."},
          {"anyOf", OrderedJson::array({text_schema("A label or a variant's name."), object})}};
}

OrderedJson published_schema() {
  const OrderedJson length = integer_schema(1, kMaxLength);
  const AsPublished standard;
  OrderedJson schema = object_schema(
      {{"table", file_schema("A file of 'tables'.")},
       {"of", text_schema("The table's series that 'of' is compared with.")},
       {"over", text_schema("The table's series that 'over' is compared with.")},
       {"seq_len", described("The length at which the paper's number is taken: a value and a ratio "
                             "need it, but for largest_n. It is the default of the seq_len in the "
                             "claim's 'of'.",
                             length)},
       {"from", described("A growth uses the paper's lengths from this one on.", length)},
       {"factor",
        {{"description",
          "The number may be so many times the paper's, or such a part of it; not for a growth."},
         {"type", "number"},
         {"minimum", 1},
         {"maximum", kMostFactor},
         {"default", standard.factor}}},
       {"within",
        {{"description", "A growth's exponent may be so far from the paper's."},
         {"type", "number"},
         {"exclusiveMinimum", 0},
         {"maximum", kMostWithin},
         {"default", standard.within}}}},
      {"table", "of"});
  schema["description"] = "Holds if the number is near the one that a published table gives.";
  return schema;
}

/// The rules of a claim by their keys.
OrderedJson rule_schemas() {
  const OrderedJson number{{"type", "number"}};
  const std::string along =
      " from the least to the most of this: seq_len, distance, or an axis or "
      "param that tells series apart.";
  return {{"is", described("The growth that the variant declares.", {{"const", kAsDeclared}})},
          {"at_least", described("Holds if the number is this or more.", number)},
          {"at_most", described("Holds if the number is this or less.", number)},
          {"within",
           {{"description", "Holds if the number is from the first to the second of these."},
            {"type", "array"},
            {"items", number},
            {"minItems", 2},
            {"maxItems", 2}}},
          {"rises", text_schema("Holds if the value rises" + along)},
          {"falls", text_schema("Holds if the value falls" + along)},
          {"published", published_schema()}};
}

OrderedJson claim_schema() {
  OrderedJson fields{
      {"says", text_schema("The claim in words.")},
      {"measure",
       {{"description",
         "What is taken of the quantity: its value, the ratio of 'of' over 'over', the exponent p "
         "of n^p, or the length from which on 'of' is faster than 'over'."},
        {"enum", std::vector<std::string>(std::begin(kMeasureNames), std::end(kMeasureNames))}}},
      {"quantity", ref("quantity")},
      {"of", ref("pick")},
      {"over", ref("pick")},
      {"because", text_schema("The author's explanation, shown beside the verdict.")}};
  const OrderedJson rules = rule_schemas();
  OrderedJson one = OrderedJson::array();
  for (const char* key : kRuleKeys) {
    fields[key] = rules.at(key);
    one.push_back({{"required", {key}}});
  }
  OrderedJson schema = object_schema(std::move(fields), {"says", "measure", "quantity", "of"});
  schema["description"] = "What is said of a quantity, with one rule that it must obey.";
  schema["oneOf"] = std::move(one);
  OrderedJson comparing = OrderedJson::array();
  for (const Measure measure : {Measure::kRatio, Measure::kCrossover})
    comparing.push_back(measure_name(measure));
  schema["if"] = {{"properties", {{"measure", {{"enum", std::move(comparing)}}}}}};
  schema["then"] = {{"required", {"over"}}};
  schema["else"] = {{"properties", {{"over", false}}}};
  return schema;
}

OrderedJson picks_schema(const std::string& what) {
  return described(what, {{"type", "array"}, {"items", ref("pick")}, {"minItems", 1}});
}

OrderedJson exhibit_schema() {
  const OrderedJson chart =
      object_schema({{"chart", ref("quantity")},
                     {"x", text_schema("seq_len, an axis, or a param; distance, of a probe.")},
                     {"only", picks_schema("The series that are shown; all if absent.")}},
                    {"chart"});
  const OrderedJson sentence = object_schema(
      {{"sentence", text_schema("White space separates tokens; without any, each character is "
                                "one.")},
       {"readings", texts_schema("Of each token, in letters that every font has.")},
       {"only", picks_schema("The exact variants that are shown; all if absent.")}},
      {"sentence"});
  const OrderedJson table =
      object_schema({{"table", file_schema("A file of 'tables'.")}}, {"table"});
  return {{"description", "A chart, what variants see of a sentence, or a published table."},
          {"oneOf", OrderedJson::array({chart, sentence, table})}};
}

OrderedJson section_schema() {
  OrderedJson schema = object_schema(
      {{"id",
        {{"description", "The anchor of the page, and for --only."},
         {"type", "string"},
         {"pattern", kIdPattern},
         {"maxLength", kMostIdLength}}},
       {"title", text_schema("The heading.")},
       {"question", text_schema("What the section answers.")},
       {"text", texts_schema("Paragraphs.")},
       {"config", file_schema("A file of 'configs', whose run shows and claims rest on.")},
       {"shows", {{"type", "array"}, {"items", exhibit_schema()}}},
       {"claims", {{"type", "array"}, {"items", ref("claim")}}}},
      {"id", "title", "question"});
  schema["dependentRequired"] = {{"shows", {"config"}}, {"claims", {"config"}}};
  return schema;
}

OrderedJson configs_schema() {
  const OrderedJson config = object_schema(
      {{"file", file_schema("A config in the study's folder.")},
       {"quick", texts_schema("Overrides for --quick, as of --set: \"sweep.seq_len.to=1024\".")}},
      {"file"});
  return described("What is measured.", list_schema(config));
}

}  // namespace

std::string study_schema_text() {
  OrderedJson schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                     {"title", "attnbench study"},
                     {"allowComments", true}};  // Understood by VS Code's editor.
  schema.update(object_schema(
      {{"$schema", {{"type", "string"}}},
       {"name", described("Names the folder under results/.",
                          {{"type", "string"}, {"pattern", config::kNamePattern}})},
       {"title", text_schema("Heads the page.")},
       {"introduction", text_schema("The first paragraph.")},
       {"limits", texts_schema("What the study cannot show: paragraphs at the end.")},
       {"configs", configs_schema()},
       {"tables",
        described("Published tables in the study's folder.",
                  {{"type", "array"}, {"items", file_schema("A table.")}, {"uniqueItems", true}})},
       {"sections", described("In the page's order.",
                              {{"type", "array"}, {"items", section_schema()}, {"minItems", 1}})}},
      {"name", "title", "configs", "sections"}));
  schema["$defs"] = {
      {"quantity", quantity_schema()}, {"pick", pick_schema()}, {"claim", claim_schema()}};
  return schema.dump(2) + "\n";
}

}  // namespace attnbench::study
