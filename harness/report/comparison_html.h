// A self-contained page that shows two runs side by side.
#pragma once

#include <string>

#include "report/comparison.h"

namespace attnbench::report {

/// The page opens from disk, offline. Its verdicts are those of the other formats.
std::string comparison_html(const CompareView& view);

}  // namespace attnbench::report
