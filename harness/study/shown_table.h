// A published table beside what was measured here, as texts for the pages.
#pragma once

#include <string>
#include <vector>

#include "study/judge.h"
#include "study/study.h"

namespace attnbench::study {

struct ShownTable {
  struct Row {
    const char* kind;                     ///< "paper", "here", or "ratio" of both.
    std::string series;                   ///< Empty in a row of ratios.
    std::string where;                    ///< "paper, ms", "here".
    std::vector<std::string> cells = {};  ///< Parallel to `sizes`.
    std::string growth = {};
  };
  std::string caption, source;
  std::vector<std::string> sizes;
  std::vector<Row> rows;
};

/// Three rows a series, if it stands for one here, else one.
ShownTable shown_table(const PublishedTable& table, const StudyRun& run);

}  // namespace attnbench::study
