// A table of cases for a paper: LaTeX, Markdown or CSV.
#pragma once

#include <string>
#include <vector>

#include "report/chart.h"

namespace attnbench::report {

/// The columns to show if nobody names any: time, speed-up, workspace; those of
/// which the run has a value.
std::vector<const Quantity*> usual_columns(const record::Run& run,
                                           const analyze::Analysis& analysis);

struct PaperTable {
  const record::Run* run = nullptr;
  const analyze::Analysis* analysis = nullptr;
  ChartX x;
  std::vector<const Quantity*> columns;
  std::string shared;
  std::vector<ChartLine> lines;  ///< All planned cases; those without a time show their outcome.
  std::string caption;
};

PaperTable make_paper_table(const record::Run& run, const analyze::Analysis& analysis,
                            const ChartX& x, std::vector<const Quantity*> columns);

/// An environment `table` that needs the packages booktabs and siunitx (version 2 or 3). Each
/// column has one unit, which stands in its head. `name` is the label's: tab:NAME.
std::string paper_table_tex(const PaperTable& table, const std::string& name);

/// The caption and the table.
std::string paper_table_md(const PaperTable& table);

/// Numbers in full precision under the names of cases.csv, with the ends of their intervals; the
/// caption in a comment.
std::string paper_table_csv(const PaperTable& table);

/// An environment `figure` that shows the picture file, for \input. It needs the package graphicx,
/// for SVG the package svg.
std::string figure_tex(const std::string& picture_file, const std::string& caption,
                       const std::string& name);

}  // namespace attnbench::report
