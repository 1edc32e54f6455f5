// What a comparison means for a gate: pass, or why not.
#pragma once

#include <string>
#include <vector>

#include "analyze/compare.h"

namespace attnbench::analyze {

/// What a gate puts up with.
struct GateRules {
  std::vector<std::string> allow;  ///< Kinds of obstacles to compare in spite of.
  bool fail_on_unknown = false;    ///< A single case without a verdict fails the gate.
};

enum class GateResult {
  kPass,
  kRegression,     ///< A case or a pool got worse.
  kNotComparable,  ///< An obstacle that is not allowed.
  kNoVerdict,      ///< No case got a verdict: a pass would say nothing.
  kUnknown,        ///< Some cases got none, and fail_on_unknown is set.
};

/// "pass", "regression", "not comparable", "no verdict", "unknown".
const char* gate_name(GateResult result);

/// An obstacle counts before a regression, and that before what is not known.
GateResult judge_gate(const Comparison& comparison, const GateRules& rules);

/// The first obstacle that is not allowed; null where there is none.
const Obstacle* first_obstacle(const Comparison& comparison, const GateRules& rules);

}  // namespace attnbench::analyze
