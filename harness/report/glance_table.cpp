// Lays the run's medians out in as many columns as fit.
#include "report/glance_table.h"

#include <algorithm>

#include "report/table.h"

namespace attnbench::report {
namespace {

/// Nobody compares more rows at a glance; the page holds all.
constexpr size_t kMostRows = 10;

/// The table with so many of its optional columns.
struct Columns {
  size_t name = 0;  ///< The most columns of a terminal that a name takes.
  size_t sizes = 0;
  bool growth = true;
  bool scratch = true;
  bool ceiling = true;
};

std::string laid_out(const record::Run& run, const analyze::Analysis& analysis,
                     const std::vector<std::string>& names, const std::vector<int>& rows,
                     const std::vector<int64_t>& all_sizes, const Columns& columns) {
  const std::vector<int64_t> sizes = spread(all_sizes, columns.sizes);
  std::vector<Cells> cells(1, Cells{""});
  for (const int64_t n : sizes)
    cells.front().push_back((n == sizes.front() ? "n = " : "") + std::to_string(n));
  if (columns.growth) cells.front().push_back("time");
  if (columns.scratch) cells.front().push_back("scratch");
  if (columns.ceiling) cells.front().push_back("peak");
  for (const int s : rows) {
    GlanceRow row = glance_row(run, analysis, s, sizes);
    Cells line{shortened(names[static_cast<size_t>(s)], columns.name)};
    for (std::string& median : row.medians) line.push_back(std::move(median));
    if (columns.growth) line.push_back(std::move(row.time));
    if (columns.scratch) line.push_back(std::move(row.scratch));
    if (columns.ceiling) line.push_back(std::move(row.ceiling));
    cells.push_back(std::move(line));
  }
  return aligned_table(cells, 1);
}

}  // namespace

GlanceTable glance_table(const record::Run& run, const analyze::Analysis& analysis,
                         const std::vector<std::string>& names, int columns) {
  GlanceTable table;
  const std::vector<int> rows = telling_series(run, analysis, kMostRows);
  table.hidden_series = analysis.series.size() - rows.size();
  table.marks = glance_marks(analysis, rows);
  const std::vector<int64_t> all = glance_sizes(run, analysis, rows);
  const auto room = static_cast<size_t>(std::max(columns - 1, 1));
  const bool growth = table.marks.has_growth;
  Columns chosen{std::max<size_t>(room / 3, 12), all.size(), growth, growth, true};
  std::string text;
  for (;;) {
    text = laid_out(run, analysis, names, rows, all, chosen);
    if (widest(text) <= room) break;
    if (chosen.sizes > 3)
      --chosen.sizes;
    else if (chosen.ceiling && chosen.sizes <= 2)
      chosen.ceiling = false;
    else if (chosen.sizes > 2)
      --chosen.sizes;
    else if (chosen.scratch)
      chosen.scratch = false;
    else if (chosen.sizes > 1)
      --chosen.sizes;
    else
      break;
  }
  if (const size_t width = widest(text); width < room) {  // Names may have what is left.
    chosen.name += room - width;
    text = laid_out(run, analysis, names, rows, all, chosen);
  }
  table.marks.bf16 = table.marks.bf16 && chosen.ceiling;
  table.marks.memory = table.marks.memory && chosen.ceiling;
  table.lines = lines_of(text);
  return table;
}

}  // namespace attnbench::report
