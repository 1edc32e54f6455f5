// The table of training: forward, backward and what is saved between them, side by side.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/table.h"

namespace attnbench::report {

struct TrainingCell {
  std::string text;
  std::string interval = {};  ///< " [2.42, 2.58]": what a narrow table leaves out.
};

/// A row for each variant and problem that the run trains. A column is there if a row fills it.
struct TrainingTable {
  Cells header;
  std::vector<bool> narrow;  ///< Parallel to `header`: whether a phone has room for the column.
  std::vector<std::vector<TrainingCell>> rows;  ///< Printable; names first.
  std::string note;                             ///< What the columns mean; a few sentences.
  size_t hidden = 0;                            ///< Variants and problems without a row.
};

/// At the largest n at which both passes were timed, with the largest n and batch that fit. Has
/// `most` rows at most, of those that have most to say (see telling_series). Empty if the run
/// trains nothing.
TrainingTable training_at_a_glance(const record::Run& run, const analyze::Analysis& analysis,
                                   size_t most);

/// The same rows at every n, without what does not depend on n.
TrainingTable training_by_size(const record::Run& run, const analyze::Analysis& analysis,
                               size_t most);

/// The table at a glance for a terminal, with its note and the number of rows left out.
struct TrainingLines {
  std::vector<std::string> lines;  ///< Without the columns that do not fit.
  std::string note;
  size_t hidden = 0;
};
TrainingLines training_lines(const record::Run& run, const analyze::Analysis& analysis,
                             int columns);

/// The section of report.md with both tables; empty if the run trains nothing.
std::string training_md(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
