// Reads and writes the sweep: one loop over the table of axes.
#include <algorithm>

#include "config/fields.h"
#include "config/inputs.h"
#include "config/sections.h"
#include "config/values.h"

namespace attnbench::config {
namespace {

using record::Axis;
using record::AxisType;

/// Of the type that the table holds them in.
template <class Held, class T>
AxisValues values_from(const std::vector<T>& values) {
  AxisValues result;
  for (const T value : values) result.emplace_back(static_cast<Held>(value));
  return result;
}

}  // namespace

Sweep::Sweep() : values_(record::axes().size()) {
  for (const Axis& axis : record::axes())
    if (axis.standard) (*this)[axis] = {*axis.standard};
}

std::vector<const Axis*> swept_axes() {
  std::vector<const Axis*> swept;
  for (const Axis& axis : record::axes())
    if (axis.swept()) swept.push_back(&axis);
  std::stable_partition(swept.begin(), swept.end(),
                        [](const Axis* axis) { return axis->group == record::AxisGroup::kLength; });
  return swept;
}

AxisValues read_axis(const Node& node, const Axis& axis, int64_t& budget, Problems& problems) {
  switch (axis.type()) {
    case AxisType::kInteger: {
      const IntegerLimits limits{axis.name, std::get<int64_t>(axis.least),
                                 std::get<int64_t>(axis.most)};
      return values_from<int64_t>(read_values(node, limits, budget, problems));
    }
    case AxisType::kNumber:
      return values_from<double>(read_numbers(node, axis.name, std::get<double>(axis.least),
                                              std::get<double>(axis.most), problems));
    case AxisType::kFlag:
      return values_from<int64_t>(read_booleans(node, problems));
    case AxisType::kName:
      return values_from<int64_t>(
          read_names(node, axis.name, {axis.names.begin(), axis.names.end()}, problems));
    case AxisType::kText:
      break;
  }
  return {};
}

std::shared_ptr<const record::InputSource> Sweep::input_source(std::string_view text) const {
  for (const auto& source : input_sources)
    if (source->text() == text) return source;
  return nullptr;
}

Sweep read_sweep(const Node& node, const std::filesystem::path& folder, int64_t& budget,
                 Problems& problems) {
  Sweep sweep;
  std::vector<std::string> known;
  for (const Axis* axis : swept_axes()) known.emplace_back(axis->name);
  if (!check_object(node, known, problems)) return sweep;
  for (const Axis* axis : swept_axes())
    if (const std::optional<Node> values = member(node, axis->name)) {
      if (axis->type() == AxisType::kText)
        read_inputs(*values, folder, sweep, problems);
      else
        sweep[*axis] = read_axis(*values, *axis, budget, problems);
    }
  match_files(node, sweep, problems);
  if (!member(node, "seq_len"))
    problems.add(node.pointer,
                 "needs seq_len, such as {\"from\": 256, \"to\": 4096, \"factor\": 2}");
  return sweep;
}

}  // namespace attnbench::config
