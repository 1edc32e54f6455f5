// Judges a comparison for a gate.
#include "analyze/gate.h"

#include <algorithm>

namespace attnbench::analyze {

const char* gate_name(GateResult result) {
  switch (result) {
    case GateResult::kPass:
      return "pass";
    case GateResult::kRegression:
      return "regression";
    case GateResult::kNotComparable:
      return "not comparable";
    case GateResult::kNoVerdict:
      return "no verdict";
    case GateResult::kUnknown:
      return "unknown";
  }
  return "unknown";
}

const Obstacle* first_obstacle(const Comparison& comparison, const GateRules& rules) {
  const auto it = std::find_if(
      comparison.obstacles.begin(), comparison.obstacles.end(), [&](const Obstacle& o) {
        return std::find(rules.allow.begin(), rules.allow.end(), o.kind) == rules.allow.end();
      });
  return it == comparison.obstacles.end() ? nullptr : &*it;
}

GateResult judge_gate(const Comparison& comparison, const GateRules& rules) {
  if (first_obstacle(comparison, rules) != nullptr) return GateResult::kNotComparable;
  if (comparison.regressed()) return GateResult::kRegression;
  if (comparison.judged() == 0) return GateResult::kNoVerdict;
  if (rules.fail_on_unknown && comparison.count(Difference::kCannotTell) > 0)
    return GateResult::kUnknown;
  return GateResult::kPass;
}

}  // namespace attnbench::analyze
