// Two runs side by side: one self-contained page.
#pragma once

#include <string>

#include "report/comparison.h"

namespace attnbench::report {

/// Opens from disk, offline; the verdicts are those of the other formats.
std::string comparison_html(const CompareView& view);

}  // namespace attnbench::report
