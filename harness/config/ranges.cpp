// Expands ranges of integers, after a check of how many values they have.
#include "config/ranges.h"

#include <cmath>
#include <limits>

#include "config/fields.h"

namespace attnbench::config {
namespace {

struct Ends {
  int64_t from;
  int64_t to;
};

std::optional<Ends> read_ends(const Node& node, const IntegerLimits& limits, Problems& problems) {
  std::optional<int64_t> ends[2];
  const char* const names[] = {"from", "to"};
  for (int i = 0; i < 2; ++i) {
    if (const std::optional<Node> end = member(node, names[i]))
      ends[i] = read_integer(*end, limits, problems);
    else
      problems.add(node.pointer, std::string("a range needs '") + names[i] + "'");
  }
  if (!ends[0] || !ends[1]) return std::nullopt;
  if (*ends[0] > *ends[1]) {
    problems.add(node.pointer, "from is " + std::to_string(*ends[0]) + ", beyond to, which is " +
                                   std::to_string(*ends[1]) + "; a range ascends");
    return std::nullopt;
  }
  return Ends{*ends[0], *ends[1]};
}

bool within_budget(double count, const Node& node, int64_t& budget, Problems& problems) {
  if (count > static_cast<double>(budget)) {
    problems.add(node.pointer, "the ranges of this config expand to more than " +
                                   std::to_string(kMostCases) +
                                   " values; give a larger step or factor");
    return false;
  }
  budget -= static_cast<int64_t>(count);
  return true;
}

std::optional<double> read_factor(const Node& node, Problems& problems) {
  const double factor = node.value.is_number() ? node.value.get<double>() : 0;
  if (factor > 1) return factor;
  problems.add(node.pointer, "is " + shown(node.value) + "; factor is a number above 1");
  return std::nullopt;
}

std::vector<int64_t> expand_step(const Node& node, Ends ends, int64_t step, int64_t& budget,
                                 Problems& problems) {
  // Unsigned, as the distance between two int64 may not fit an int64.
  const auto from = static_cast<uint64_t>(ends.from);
  const uint64_t steps = (static_cast<uint64_t>(ends.to) - from) / static_cast<uint64_t>(step);
  if (!within_budget(static_cast<double>(steps) + 1, node, budget, problems)) return {};
  std::vector<int64_t> values;
  for (uint64_t i = 0; i <= steps; ++i)
    values.push_back(static_cast<int64_t>(from + i * static_cast<uint64_t>(step)));
  return values;
}

std::vector<int64_t> expand_factor(const Node& node, Ends ends, double factor, int64_t& budget,
                                   Problems& problems) {
  if (ends.from < 1) {
    problems.add(node.pointer, "a range with a factor starts at 1 or above; from is " +
                                   std::to_string(ends.from));
    return {};
  }
  const auto from = static_cast<double>(ends.from);
  const double steps = std::floor(std::log(static_cast<double>(ends.to) / from) / std::log(factor));
  if (!within_budget(steps + 1, node, budget, problems)) return {};
  std::vector<int64_t> values;
  for (double i = 0; i <= steps + 1; ++i) {  // One more, as the logarithm may have rounded down.
    const double value = std::round(from * std::pow(factor, i));
    if (value >= 0x1p63 || static_cast<int64_t>(value) > ends.to) break;
    if (values.empty() || static_cast<int64_t>(value) != values.back())
      values.push_back(static_cast<int64_t>(value));
  }
  return values;
}

}  // namespace

std::vector<int64_t> read_range(const Node& node, const IntegerLimits& limits, int64_t& budget,
                                Problems& problems) {
  check_object(node, {"from", "to", "factor", "step"}, problems);
  const std::optional<Ends> ends = read_ends(node, limits, problems);
  const std::optional<Node> step_node = member(node, "step");
  const std::optional<Node> factor_node = member(node, "factor");
  if (step_node.has_value() == factor_node.has_value()) {
    problems.add(node.pointer, "a range has either 'factor' or 'step'");
    return {};
  }
  if (step_node) {
    const std::optional<int64_t> step =
        read_integer(*step_node, {"step", 1, std::numeric_limits<int64_t>::max()}, problems);
    return ends && step ? expand_step(node, *ends, *step, budget, problems)
                        : std::vector<int64_t>{};
  }
  const std::optional<double> factor = read_factor(*factor_node, problems);
  return ends && factor ? expand_factor(node, *ends, *factor, budget, problems)
                        : std::vector<int64_t>{};
}

}  // namespace attnbench::config
