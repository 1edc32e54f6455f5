// Reads claims.
#include "study/read_claims.h"

#include <algorithm>

#include "study/evidence.h"
#include "study/fields.h"
#include "study/read_picks.h"
#include "study/read_rules.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

std::vector<std::string> claim_keys() {
  std::vector<std::string> keys{"says", "measure", "quantity", "of", "over", "because"};
  keys.insert(keys.end(), std::begin(kRuleKeys), std::end(kRuleKeys));
  return keys;
}

std::optional<Measure> read_measure(const Node& node, Problems& problems) {
  const std::vector<std::string> names(std::begin(kMeasureNames), std::end(kMeasureNames));
  const auto name = read_choice(node, "measure", names, problems);
  if (!name) return std::nullopt;
  return static_cast<Measure>(std::ranges::find(names, *name) - names.begin());
}

/// What the measure asks of `over` and of the quantity.
void check_measure(const Claim& claim, const Node& node, Problems& problems) {
  const std::string measure = measure_name(claim.measure);
  const auto over = member(node, "over");
  if (compares(claim.measure) && !over)
    problems.add(node.pointer, "needs 'over': a " + measure + " compares 'of' with it");
  if (!compares(claim.measure) && over)
    problems.add(over->pointer, "has no meaning for a " + measure +
                                    ", which is of one series; leave 'over' out, or measure a "
                                    "ratio or a crossover");
  const QuantityRow* row = find_quantity_row(claim.quantity);
  if (claim.measure == Measure::kCrossover && row != nullptr && !row->is_time())
    problems.add(node.pointer + "/quantity",
                 "a crossover is the length from which one series is faster; its quantity is time");
  if (claim.measure == Measure::kGrowth && row != nullptr && !row->has_lengths())
    problems.add(node.pointer + "/quantity",
                 claim.quantity + " is one number of a series, and so has no growth");
}

/// What the measure, the quantity and the rule ask of a pick.
void check_pick(const Claim& claim, const Pick& pick, const std::string& pointer,
                Problems& problems) {
  const auto* trend = std::get_if<Trend>(&claim.rule);
  const std::string along = trend != nullptr                  ? trend->along
                            : is_at_one_length(claim.measure) ? ""
                                                              : kSeqLen;
  check_pick_of(pick, claim.quantity, along, pointer, problems);
  const QuantityRow* row = find_quantity_row(claim.quantity);
  if (row != nullptr && row->needs_distance() && !pick.distance && along != kDistance)
    problems.add(pointer, "needs 'distance', as " + claim.quantity +
                              " depends on it: a number of tokens, \"nearest\" or \"farthest\"");
}

const PublishedRow* find_row(const PublishedTable& table, const std::string& series,
                             const std::string& pointer, Problems& problems) {
  std::vector<std::string> names;
  for (const PublishedRow& row : table.rows) {
    if (row.series == series) return &row;
    names.push_back(row.series);
  }
  problems.add(pointer, table.file + " has no series " + config::shown(series) +
                            "; it has: " + join(names, ", ") + config::suggestion(series, names));
  return nullptr;
}

/// The lengths at which the paper has a number for the series.
std::vector<std::string> lengths_of(const PublishedRow& row) {
  std::vector<std::string> lengths;
  for (const auto& [length, value] : row.values)
    if (value) lengths.push_back(std::to_string(length));
  return lengths;
}

}  // namespace

std::optional<Claim> read_claim(const Node& node, const std::vector<std::string>& tables,
                                Problems& problems) {
  const size_t before = problems.count();
  if (!check_object(node, claim_keys(), problems)) return std::nullopt;
  need_keys(node, {"says", "measure", "quantity", "of"}, problems);
  Claim claim;
  claim.pointer = node.pointer;
  claim.says = read_text_of(node, "says", problems);
  claim.because = read_text_of(node, "because", problems);
  std::optional<Measure> measure;
  if (const auto name = member(node, "measure")) measure = read_measure(*name, problems);
  if (const auto name = member(node, "quantity"))
    claim.quantity = read_quantity(*name, problems).value_or("");
  if (const auto of = member(node, "of")) claim.of = read_pick(*of, problems).value_or(Pick());
  if (const auto over = member(node, "over")) claim.over = read_pick(*over, problems);
  const std::optional<Rule> rule = read_rule(node, tables, problems);
  if (!measure) return std::nullopt;
  claim.measure = *measure;
  check_measure(claim, node, problems);
  if (problems.count() != before) return std::nullopt;
  claim.rule = *rule;
  check_rule(claim, node, problems);
  check_pick(claim, claim.of, claim.pointer + "/of", problems);
  if (claim.over) check_pick(claim, *claim.over, claim.pointer + "/over", problems);
  // Without a length of its own, what was measured is looked at where the paper's number is taken.
  if (const auto* const published = std::get_if<AsPublished>(&claim.rule))
    if (!claim.of.seq_len) claim.of.seq_len = published->seq_len;
  return problems.count() == before ? std::optional(claim) : std::nullopt;
}

void check_published(const Claim& claim, const AsPublished& rule, const PublishedTable& table,
                     Problems& problems) {
  const size_t before = problems.count();
  const std::string at = claim.pointer + "/published";
  // Any table tells the largest length that ran.
  const bool any_table = claim.quantity == "largest_n";
  if (!any_table && !same_quantity(claim.quantity, table.quantity))
    problems.add(claim.pointer + "/quantity", "is " + claim.quantity + ", but " + table.file +
                                                  " holds " + table.quantity +
                                                  "; a claim is of the table's quantity");
  for (const auto& [key, series] : {std::pair("/of", &rule.of), std::pair("/over", &rule.over)}) {
    if (series->empty()) continue;
    const PublishedRow* row = find_row(table, *series, at + key, problems);
    if (row == nullptr || !rule.seq_len) continue;
    const std::vector<std::string> lengths = lengths_of(*row);
    if (std::ranges::find(lengths, std::to_string(*rule.seq_len)) == lengths.end())
      problems.add(at + "/seq_len", table.file + " has no number of " + config::shown(*series) +
                                        " at " + std::to_string(*rule.seq_len) +
                                        "; it has some at: " + join(lengths, ", "));
  }
  if (problems.count() != before) return;
  const Evidence paper = published_evidence(claim, rule, table);
  if (!paper.value)
    problems.add(at, table.file + " gives no number to compare with: " + paper.reason);
}

}  // namespace attnbench::study
