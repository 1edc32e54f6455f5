// Reads claims: what is taken of which quantity of which series, and the rule that it must obey.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// Nothing if there is a problem. `tables` are the file names that the study has.
std::optional<Claim> read_claim(const config::Node& node, const std::vector<std::string>& tables,
                                config::Problems& problems);

/// Tries that a rule AsPublished names series and lengths that the table has, and that they give a
/// number.
void check_published(const Claim& claim, const AsPublished& rule, const PublishedTable& table,
                     config::Problems& problems);

}  // namespace attnbench::study
