// Reads study.json alone, without the files that it names.
#pragma once

#include <string>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// Without those claims and exhibits that have a problem; of each table it has the file name only.
/// Throws ConfigError if it cannot go on.
Study parse_study(const std::string& text, const std::string& file, config::Problems& problems);

}  // namespace attnbench::study
