// Reads picks: "full", or {"variant": "window", "params": {"left": 64}, "seq_len": 4096}.
#pragma once

#include <optional>
#include <vector>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// Nothing if there is a problem.
std::optional<Pick> read_pick(const config::Node& node, config::Problems& problems);

/// A list of one or more.
std::vector<Pick> read_picks(const config::Node& node, config::Problems& problems);

/// Reports what of the pick has no meaning for the quantity, or none if the quantity is looked at
/// along all of something: `along` is "seq_len", "distance", or anything else.
void check_pick_of(const Pick& pick, const std::string& quantity, const std::string& along,
                   const std::string& pointer, config::Problems& problems);

}  // namespace attnbench::study
