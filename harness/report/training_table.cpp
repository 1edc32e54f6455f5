// Lays out the passes of each variant.
#include "report/training_table.h"

#include <algorithm>

#include "report/escape.h"
#include "report/glance_rows.h"
#include "report/training_columns.h"
#include "report/training_words.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::Training;
using analyze::TrainingAtSize;

/// Nobody compares more rows at a glance; the page holds more.
constexpr size_t kMostRows = 10;

/// At most `most` of those that have most to say, in their order.
std::vector<const Training*> telling_trainings(const record::Run& run,
                                               const analyze::Analysis& analysis, size_t most) {
  std::vector<int> trained;
  for (const Training& training : analysis.training) trained.push_back(training.trained());
  if (trained.size() > most) trained = telling_series(run, analysis, trained, most);
  std::vector<const Training*> told;
  for (const Training& training : analysis.training)
    if (std::ranges::find(trained, training.trained()) != trained.end()) told.push_back(&training);
  return told;
}

std::vector<TrainingRow> glance_rows(const record::Run& run, const analyze::Analysis& analysis,
                                     size_t most) {
  std::vector<TrainingRow> rows;
  for (const Training* training : telling_trainings(run, analysis, most))
    rows.push_back({run, analysis, *training, telling_size(analysis, *training)});
  return rows;
}

std::vector<TrainingRow> all_rows(const record::Run& run, const analyze::Analysis& analysis,
                                  size_t most) {
  std::vector<TrainingRow> rows;
  for (const Training* training : telling_trainings(run, analysis, most))
    for (const TrainingAtSize& at : training->sizes) rows.push_back({run, analysis, *training, at});
  return rows;
}

const std::string& name_of(const TrainingRow& row, const std::vector<std::string>& names) {
  return names[static_cast<size_t>(&row.training - row.analysis.training.data())];
}

std::vector<std::vector<TrainingCell>> cells_of(const std::vector<TrainingRow>& rows,
                                                const std::vector<const TrainingColumn*>& columns,
                                                const std::vector<std::string>& names) {
  std::vector<std::vector<TrainingCell>> cells;
  for (const TrainingRow& row : rows) {
    std::vector<TrainingCell>& line = cells.emplace_back();
    line.push_back({name_of(row, names)});
    line.push_back({std::to_string(row.at.seq_len)});
    for (const TrainingColumn* column : columns)
      line.push_back({column->of(row), column->interval == nullptr ? "" : column->interval(row)});
  }
  return cells;
}

/// Whether all rows are at one n.
bool share_n(const std::vector<TrainingRow>& rows) {
  return std::ranges::all_of(
      rows, [&](const TrainingRow& row) { return row.at.seq_len == rows.front().at.seq_len; });
}

TrainingTable laid_out(const record::Run& run, const analyze::Analysis& analysis,
                       const std::vector<TrainingRow>& rows, size_t most, bool of_series) {
  TrainingTable table;
  if (rows.empty()) return table;
  std::vector<const TrainingColumn*> columns = filled_columns(rows);
  if (!of_series)
    std::erase_if(columns, [](const TrainingColumn* column) { return column->of_series; });
  table.header = {"series", "n"};
  table.narrow = {true, !of_series || !share_n(rows)};  // One n stands in a sentence, too.
  for (const TrainingColumn* column : columns) {
    table.header.emplace_back(column->page != nullptr ? column->page : column->title);
    table.narrow.push_back(column->narrow);
  }
  table.rows = cells_of(rows, columns, training_names(run, analysis));
  table.note = column_words(run, rows, columns);
  table.hidden = analysis.training.size() - telling_trainings(run, analysis, most).size();
  return table;
}

std::string table_md(const TrainingTable& table) {
  std::string text = markdown_header(table.header, 1);
  for (const std::vector<TrainingCell>& row : table.rows) {
    Cells line;
    for (const TrainingCell& cell : row) line.push_back(cell.text + cell.interval);
    text += markdown_row(line);
  }
  return text;
}

}  // namespace

TrainingTable training_at_a_glance(const record::Run& run, const analyze::Analysis& analysis,
                                   size_t most) {
  return laid_out(run, analysis, glance_rows(run, analysis, most), most, true);
}

TrainingTable training_by_size(const record::Run& run, const analyze::Analysis& analysis,
                               size_t most) {
  return laid_out(run, analysis, all_rows(run, analysis, most), most, false);
}

TrainingLines training_lines(const record::Run& run, const analyze::Analysis& analysis,
                             int columns) {
  const std::vector<TrainingRow> rows = glance_rows(run, analysis, kMostRows);
  if (rows.empty()) return {};
  const std::vector<std::string> names = training_names(run, analysis);
  const auto room = static_cast<size_t>(std::max(columns - 1, 1));
  size_t name_room = std::max<size_t>(room / 3, 12);
  std::vector<const TrainingColumn*> shown = filled_columns(rows);
  const auto text = [&] {
    std::vector<Cells> cells{{"training", "n"}};
    for (const TrainingColumn* column : shown) cells.front().emplace_back(column->title);
    for (const TrainingRow& row : rows) {
      Cells& line = cells.emplace_back(
          Cells{shortened(name_of(row, names), name_room), std::to_string(row.at.seq_len)});
      for (const TrainingColumn* column : shown) line.push_back(column->of(row));
    }
    return aligned_table(cells, 1);
  };
  while (widest(text()) > room) {
    const auto most = std::ranges::max_element(shown, {}, &TrainingColumn::spare);
    if (most == shown.end() || (*most)->spare == 0) break;
    shown.erase(most);
  }
  if (const size_t width = widest(text()); width < room) name_room += room - width;
  return {lines_of(text()), column_words(run, rows, shown), analysis.training.size() - rows.size()};
}

std::string training_md(const record::Run& run, const analyze::Analysis& analysis) {
  const size_t every = analysis.training.size();
  const TrainingTable table = training_at_a_glance(run, analysis, every);
  if (table.rows.empty()) return {};
  const TrainingTable all = training_by_size(run, analysis, every);
  std::string text = "\n## Training\n\n" + markdown_text(table.note) + "\n\n" + table_md(table);
  if (all.rows.size() > table.rows.size()) text += "\nAt every n:\n\n" + table_md(all);
  return text;
}

}  // namespace attnbench::report
