// The first line of a comparison: whether a gate passes, and why.
#pragma once

#include <string>

#include "report/comparison.h"

namespace attnbench::report {

/// One printable line, by the gate's rules in the view.
std::string conclusion_words(const CompareView& view);

}  // namespace attnbench::report
