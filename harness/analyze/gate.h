// Decides whether a comparison passes a gate, or why not.
#pragma once

#include <string>
#include <vector>

#include "analyze/compare.h"

namespace attnbench::analyze {

/// What a gate tolerates.
struct GateRules {
  std::vector<std::string> allow;  ///< Kinds of obstacles that are ignored.
  bool fail_on_unknown = false;    ///< Whether one case without a verdict fails the gate.
};

enum class GateResult {
  kPass,
  kRegression,     ///< A case or a pool got worse.
  kNotComparable,  ///< An obstacle that is not allowed.
  kNoVerdict,      ///< No case got a verdict, so a pass would mean nothing.
  kUnknown,        ///< Some cases got no verdict, and fail_on_unknown is set.
};

/// "pass", "regression", "not comparable", "no verdict", "unknown".
const char* gate_name(GateResult result);

/// An obstacle takes precedence over a regression, and a regression over missing verdicts.
GateResult judge_gate(const Comparison& comparison, const GateRules& rules);

/// The first obstacle that is not allowed; null if there is none.
const Obstacle* first_obstacle(const Comparison& comparison, const GateRules& rules);

}  // namespace attnbench::analyze
