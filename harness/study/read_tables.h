// Reads published tables: the values of a paper, with where they come from.
#pragma once

#include <string>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// The table in the file `file` of a study's folder. May throw ConfigError, if it cannot go on.
PublishedTable parse_table(const std::string& text, const std::string& file,
                           config::Problems& problems);

}  // namespace attnbench::study
