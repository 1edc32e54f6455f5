// Whether two records could be parts of one run: the same sweep, program, plugins,
// environment and kind of machine.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::run {

/// What keeps `now` from going on with, or standing beside, `recorded`: a line each, such as
/// "config /measure/rounds: 9, now 3". Empty where nothing does. Host names, times, and what is
/// free at the moment do not matter.
std::vector<std::string> differences(const record::Run& recorded, const record::Run& now);

}  // namespace attnbench::run
