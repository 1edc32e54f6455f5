// The last line of a comparison: what a gate makes of it, and why.
#pragma once

#include <string>

#include "report/comparison.h"

namespace attnbench::report {

/// One printable line, by the rules of the view.
std::string conclusion_words(const CompareView& view);

}  // namespace attnbench::report
