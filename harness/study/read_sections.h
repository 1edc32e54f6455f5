// Reads the sections of a study, and what each shows.
#pragma once

#include <string>
#include <vector>

#include "config/problems.h"
#include "study/study.h"

namespace attnbench::study {

/// The file names that a section may refer to.
struct FileNames {
  std::vector<std::string> configs, tables;
};

/// Without those claims and exhibits that have a problem.
std::vector<Section> read_sections(const config::Node& node, const FileNames& files,
                                   config::Problems& problems);

}  // namespace attnbench::study
