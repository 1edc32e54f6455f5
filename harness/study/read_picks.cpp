// Reads picks.
#include "study/read_picks.h"

#include <algorithm>
#include <limits>

#include "attnbench/problem.h"
#include "config/fields.h"
#include "config/sections.h"
#include "config/values.h"
#include "record/probe.h"
#include "study/evidence.h"
#include "study/fields.h"
#include "study/read_values.h"

namespace attnbench::study {
namespace {

using record::Axis;

std::vector<std::string> pick_keys() {
  std::vector<std::string> keys{"variant", "params", kSeqLen, kDistance, "pairs"};
  for (const Axis* axis : pick_axes()) keys.emplace_back(axis->name);
  return keys;
}

void read_params(const Node& node, Pick& pick, Problems& problems) {
  if (!node.value.is_object()) {
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected an object of params, such as {\"left\": 64}");
    return;
  }
  for (const auto& item : node.value.items()) {
    const Node value{item.value(), config::join_pointer(node.pointer, item.key())};
    const auto number = config::read_integer(
        value,
        {item.key(), std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()},
        problems);
    if (number) pick.params.emplace_back(item.key(), *number);
  }
}

void read_axis_value(const Node& node, const Axis& axis, Pick& pick, Problems& problems) {
  if (node.value.is_structured()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; a pick has one value of " +
                                   axis.name + ", as it names one series");
    return;
  }
  if (axis.type() == record::AxisType::kText) {
    if (auto text = read_text(node, problems)) pick.axes.emplace_back(&axis, *text);
    return;
  }
  int64_t budget = 0;  // Only ranges need one.
  const config::AxisValues values = config::read_axis(node, axis, budget, problems);
  if (values.size() == 1) pick.axes.emplace_back(&axis, values.front());
}

void read_distance(const Node& node, Pick& pick, Problems& problems) {
  if (node.value == Json(kNearest))
    pick.distance = 0;
  else if (node.value == Json(kFarthest))
    pick.distance = -1;
  else if (node.value.is_number())
    pick.distance = config::read_integer(node, {kDistance, 1, kMaxLength}, problems);
  else
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; a distance is a number of tokens, \"nearest\" or "
                                   "\"farthest\"");
}

Pick read_object(const Node& node, Problems& problems) {
  Pick pick;
  check_object(node, pick_keys(), problems);
  need_keys(node, {"variant"}, problems);
  pick.variant = read_text_of(node, "variant", problems);
  if (const auto params = member(node, "params")) read_params(*params, pick, problems);
  for (const Axis* axis : pick_axes())
    if (const auto value = member(node, axis->name)) read_axis_value(*value, *axis, pick, problems);
  if (const auto length = member(node, kSeqLen))
    pick.seq_len = config::read_integer(*length, {kSeqLen, 1, kMaxLength}, problems);
  if (const auto distance = member(node, kDistance)) read_distance(*distance, pick, problems);
  if (const auto pairs = member(node, "pairs"))
    pick.pairs = config::read_integer(*pairs, {"pairs", 1, record::kMostProbePairs}, problems);
  return pick;
}

}  // namespace

std::vector<const Axis*> pick_axes() {
  std::vector<const Axis*> axes;
  for (const Axis& axis : record::axes())
    if (axis.swept() && axis.in_series) axes.push_back(&axis);
  return axes;
}

std::optional<Pick> read_pick(const Node& node, Problems& problems) {
  const size_t before = problems.count();
  Pick pick;
  if (node.value.is_string())
    pick.variant = read_text(node, problems).value_or("");
  else if (node.value.is_object())
    pick = read_object(node, problems);
  else
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected a variant's name or label, or an object with: " +
                                   join(pick_keys(), ", "));
  return problems.count() == before ? std::optional(pick) : std::nullopt;
}

std::vector<Pick> read_picks(const Node& node, Problems& problems) {
  std::vector<Pick> picks;
  if (!node.value.is_array() || node.value.empty()) {
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected a list of variants' names or objects, such as "
                                   "[\"full\", {\"variant\": \"window\"}]");
    return picks;
  }
  for (size_t i = 0; i < node.value.size(); ++i)
    if (auto pick = read_pick(config::element(node, i), problems)) picks.push_back(*pick);
  return picks;
}

void check_pick_of(const Pick& pick, const std::string& quantity, const std::string& along,
                   const std::string& pointer, Problems& problems) {
  const QuantityRow* row = find_quantity_row(quantity);
  const record::ProbeKind* probe = record::find_probe_kind(quantity);
  if (pick.seq_len && row != nullptr && !row->has_lengths())
    problems.add(pointer + "/seq_len", quantity +
                                           " is one number of a series, whatever the length; "
                                           "leave 'seq_len' out");
  else if (pick.seq_len && along == kSeqLen)
    problems.add(pointer + "/seq_len",
                 "has no meaning here, as all lengths are looked at; leave 'seq_len' out");
  if (pick.distance && row != nullptr && !row->needs_distance())
    problems.add(pointer + "/distance", quantity + " has no distance; leave 'distance' out");
  else if (pick.distance && along == kDistance)
    problems.add(pointer + "/distance",
                 "has no meaning here, as all distances are looked at; leave 'distance' out");
  if (pick.pairs && (probe == nullptr || probe->pairs.empty()))
    problems.add(pointer + "/pairs", quantity + " knows no pairs; leave 'pairs' out");
}

}  // namespace attnbench::study
