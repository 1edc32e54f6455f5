// Reads the rule of a claim.
#include "study/read_rules.h"

#include <limits>

#include "attnbench/problem.h"
#include "config/values.h"
#include "study/evidence.h"
#include "study/fields.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> rule_keys() {
  return {std::begin(kRuleKeys), std::end(kRuleKeys)};
}

std::optional<Rule> read_within(const Node& node, Problems& problems) {
  const Json& value = node.value;
  if (!value.is_array() || value.size() != 2) {
    problems.add(node.pointer, "is " + shown(value) + "; expected two numbers: [least, most]");
    return std::nullopt;
  }
  const auto low = read_number(config::element(node, 0), "the least", problems);
  const auto high = read_number(config::element(node, 1), "the most", problems);
  if (!low || !high) return std::nullopt;
  if (*low <= *high) return Bounds{{*low, *high}};
  problems.add(node.pointer, "the least, " + shown(value[0]) + ", is above the most, " +
                                 shown(value[1]) + "; give them in ascending order");
  return std::nullopt;
}

std::optional<int64_t> read_length(const Node& object, const char* key, Problems& problems) {
  const auto node = member(object, key);
  return node ? config::read_integer(*node, {key, 1, kMaxLength}, problems) : std::nullopt;
}

std::optional<Rule> read_published(const Node& node, const std::vector<std::string>& tables,
                                   Problems& problems) {
  if (!check_object(node, {"table", "of", "over", "seq_len", "from", "factor", "within"}, problems))
    return std::nullopt;
  AsPublished rule;
  need_keys(node, {"table", "of"}, problems);
  if (const auto table = member(node, "table"))
    rule.table = read_choice(*table, "table", tables, problems).value_or("");
  rule.of = read_text_of(node, "of", problems);
  rule.over = read_text_of(node, "over", problems);
  rule.seq_len = read_length(node, "seq_len", problems);
  rule.from = read_length(node, "from", problems);
  if (const auto factor = member(node, "factor")) {
    rule.factor = config::read_positive(*factor, "factor", kMostFactor, problems).value_or(1);
    if (rule.factor < 1)
      problems.add(factor->pointer, "is " + shown(factor->value) +
                                        "; factor is at least 1: 2 allows from half to twice of "
                                        "the published number");
  }
  if (const auto within = member(node, "within"))
    rule.within = config::read_positive(*within, "within", kMostWithin, problems).value_or(1);
  return rule;
}

std::optional<Rule> read_rule_of(const std::string& key, const Node& node,
                                 const std::vector<std::string>& tables, Problems& problems) {
  if (key == "published") return read_published(node, tables, problems);
  if (key == "within") return read_within(node, problems);
  if (key == "is") {
    if (node.value != Json(kAsDeclared))
      problems.add(node.pointer, "is " + shown(node.value) + "; expected \"" + kAsDeclared +
                                     "\": the growth that the variant declares");
    return AsDeclared{};
  }
  if (key == "rises" || key == "falls")
    return Trend{key == "rises", read_text(node, problems).value_or("")};
  const std::optional<double> end = read_number(node, key, problems);
  if (!end) return std::nullopt;
  return key == "at_least" ? Bounds{{*end, kInfinity}} : Bounds{{-kInfinity, *end}};
}

void check_as_published(const Claim& claim, const AsPublished& rule, const Node& node,
                        Problems& problems) {
  const std::string& at = node.pointer;
  const bool growth = claim.measure == Measure::kGrowth;
  const std::string measure = measure_name(claim.measure);
  if (compares(claim.measure) == rule.over.empty())
    problems.add(rule.over.empty() ? at : at + "/over",
                 rule.over.empty()
                     ? "needs 'over', the table's series that 'of' is compared with"
                     : "has no meaning for a " + measure + ", which is of one series");
  if (rule.from && !growth)
    problems.add(at + "/from",
                 "is for growth; a " + measure +
                     (is_at_one_length(claim.measure) ? " has 'seq_len'" : " is over all lengths"));
  if (rule.seq_len && (growth || claim.measure == Measure::kCrossover))
    problems.add(at + "/seq_len", "has no meaning for a " + measure + ", which is over lengths");
  if (growth && member(node, "factor"))
    problems.add(at + "/factor",
                 "has no meaning for a growth; give 'within', how far the exponent may be from the "
                 "paper's");
  if (!growth && member(node, "within"))
    problems.add(at + "/within", "is for growth; give 'factor', how many times the paper's " +
                                     measure + " it may be");
  const QuantityRow* row = find_quantity_row(claim.quantity);
  if (claim.measure == Measure::kValue && row != nullptr && row->is_time())
    problems.add(at,
                 "a published time is of another machine; compare a ratio, a growth or a "
                 "crossover");
  else if (is_at_one_length(claim.measure) && row != nullptr &&
           row->has_lengths() != bool(rule.seq_len))
    problems.add(rule.seq_len ? at + "/seq_len" : at,
                 rule.seq_len ? "has no meaning for " + claim.quantity + ", one number of a series"
                              : "needs 'seq_len', the length at which the paper's number is taken");
}

}  // namespace

bool is_at_one_length(Measure measure) {
  return measure == Measure::kValue || measure == Measure::kRatio;
}

bool same_quantity(std::string_view a, std::string_view b) {
  const auto is_time = [](std::string_view name) {
    return name == "time" || name == "time_median_s";
  };
  return a == b || (is_time(a) && is_time(b));
}

bool has_declared_growth(std::string_view quantity) {
  return same_quantity(quantity, "time") || quantity == "workspace_bytes" ||
         quantity == "saved_bytes";
}

std::optional<Rule> read_rule(const Node& claim, const std::vector<std::string>& tables,
                              Problems& problems) {
  std::vector<std::string> given;
  for (const std::string& key : rule_keys())
    if (member(claim, key.c_str())) given.push_back(key);
  if (given.empty()) {
    problems.add(claim.pointer, "needs a rule, one of: " + join(rule_keys(), ", "));
    return std::nullopt;
  }
  if (given.size() > 1) {
    problems.add(
        claim.pointer,
        "has " + join(given, " and ") + "; a claim has one rule: split it into claims" +
            (given[0] == "at_least" && given[1] == "at_most" ? ", or use 'within' for both ends"
                                                             : ""));
    return std::nullopt;
  }
  return read_rule_of(given.front(), *member(claim, given.front().c_str()), tables, problems);
}

void check_rule(const Claim& claim, const Node& node, Problems& problems) {
  if (std::holds_alternative<AsDeclared>(claim.rule) &&
      (claim.measure != Measure::kGrowth || !has_declared_growth(claim.quantity)))
    problems.add(claim.pointer + "/is",
                 "a variant declares the growth of its time, workspace_bytes and saved_bytes only; "
                 "use another rule, such as 'within'");
  if (const auto* trend = std::get_if<Trend>(&claim.rule)) {
    const std::string at = claim.pointer + (trend->rises ? "/rises" : "/falls");
    const QuantityRow* row = find_quantity_row(claim.quantity);
    if (claim.measure != Measure::kValue)
      problems.add(at, "is for the measure \"value\"; use 'at_least', 'at_most' or 'within'");
    if (trend->along == kDistance && row != nullptr && !row->needs_distance())
      problems.add(at, claim.quantity + " has no distance");
    if (trend->along == kSeqLen && row != nullptr && !row->has_lengths())
      problems.add(at, claim.quantity + " is one number of a series, whatever the length");
  }
  if (const auto* rule = std::get_if<AsPublished>(&claim.rule))
    check_as_published(claim, *rule, *member(node, "published"), problems);
}

}  // namespace attnbench::study
