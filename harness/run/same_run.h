// Whether two records could be parts of one run: the same sweep, program, plugins,
// environment and kind of machine.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::run {

/// The reasons why `now` cannot continue or be merged with `recorded`, one line each, such as
/// "config /measure/rounds: 9, now 3". Empty if there are none. Host names, times and
/// the resources that are free at the moment do not matter.
std::vector<std::string> differences(const record::Run& recorded, const record::Run& now);

}  // namespace attnbench::run
