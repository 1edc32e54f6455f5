// The table of training: forward, backward and what is saved between them, side by side.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/table.h"

namespace attnbench::report {

/// A row for each variant and problem that the run trains. A column is there if a row fills it.
struct TrainingTable {
  Cells header;
  std::vector<bool> narrow;  ///< Parallel to `header`: whether a phone has room for the column.
  std::vector<Cells> rows;   ///< Printable; names first.
  std::string note;          ///< What the columns mean; a few sentences.
};

/// At the largest n at which both passes were timed, with the largest n and batch that fit. Empty
/// if the run trains nothing.
TrainingTable training_at_a_glance(const record::Run& run, const analyze::Analysis& analysis);

/// The same at every n, without what does not depend on n.
TrainingTable training_by_size(const record::Run& run, const analyze::Analysis& analysis);

/// The table at a glance for a terminal. Columns that do not fit into `columns` are left out.
std::vector<std::string> training_lines(const record::Run& run, const analyze::Analysis& analysis,
                                        int columns);

/// The section of report.md with both tables; empty if the run trains nothing.
std::string training_md(const record::Run& run, const analyze::Analysis& analysis);

/// "Backward takes 2.41x (full) to 3.02x (blocked) as long as forward, each at its largest n."
/// Empty if no case was timed in both passes.
std::string training_sentence(const record::Run& run, const analyze::Analysis& analysis);

/// "takes 2.41x [2.38, 2.44] as long as the forward pass at n = 4096, and keeps 128 MiB from it.":
/// of a series in its backward pass; empty if the two passes were not timed at one n.
std::string backward_words(const record::Run& run, const analyze::Analysis& analysis, int series);

}  // namespace attnbench::report
