// Reads the rule of a claim.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// The one rule that the object `claim` holds; nothing if there is a problem.
std::optional<Rule> read_rule(const config::Node& claim, const std::vector<std::string>& tables,
                              config::Problems& problems);

/// Tries that the rule suits the claim's measure and quantity; `node` is the object of the claim.
void check_rule(const Claim& claim, const config::Node& node, config::Problems& problems);

}  // namespace attnbench::study
