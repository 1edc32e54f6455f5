// Lays out the passes of each variant.
#include "report/training_table.h"

#include <algorithm>
#include <functional>
#include <set>

#include "record/format.h"
#include "report/escape.h"
#include "report/glance_rows.h"
#include "report/training_words.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::Training;
using analyze::TrainingAtSize;

constexpr char kNone[] = "–";

/// Nobody compares more rows at a glance; the page holds more.
constexpr size_t kMostRows = 10;

/// What a row of the table is made from.
struct Row {
  const record::Run& run;
  const analyze::Analysis& analysis;
  const Training& training;
  const TrainingAtSize& at;

  const analyze::Series& series() const { return analysis.series[training.trained()]; }
  const std::optional<int>& trained_case() const { return at.backward ? at.backward : at.both; }
};

std::string time_cell(const Row& row, const std::optional<int>& c) {
  if (!c) return kNone;
  const auto& time_s = row.analysis.cases[*c].time_s;
  return time_s ? record::format_time(time_s->median)
                : record::outcome_name(row.run.cases[*c].plan.outcome);
}

std::string forward_cell(const Row& row) {
  return time_cell(row, row.at.forward);
}
std::string backward_cell(const Row& row) {
  return time_cell(row, row.at.backward);
}
std::string both_cell(const Row& row) {
  return time_cell(row, row.at.both);
}
std::string ratio_cell(const Row& row) {
  const auto& ratio = row.at.backward_ratio;
  return ratio ? ratio_words({ratio->value, {}}) : kNone;
}
std::string ratio_interval(const Row& row) {
  const auto& ratio = row.at.backward_ratio;
  return ratio ? ratio_words(*ratio).substr(ratio_cell(row).size()) : "";
}
std::string saved_cell(const Row& row) {
  if (!row.trained_case()) return kNone;
  const record::Case& plan = row.run.cases[*row.trained_case()].plan;
  return plan.input_bytes > 0 ? record::format_bytes(static_cast<double>(plan.saved_bytes)) : kNone;
}
std::string saved_growth(const Row& row) {
  const analyze::Series& series = row.series();
  if (!series.first_supported) return kNone;
  return saved_growth_cell(row.run.cases[*series.first_supported].plan, series.memory);
}
std::string largest_n_cell(const Row& row) {
  const auto& fit = row.series().largest_fit;
  return fit ? seq_len_limit_words(*fit) : kNone;
}
std::string largest_batch_cell(const Row& row) {
  const auto& batch = row.series().largest_batch;
  return batch ? batch_limit_words(*batch) : kNone;
}

struct Column {
  const char* title;
  std::string (*of)(const Row&);
  std::string (*interval)(const Row&) = nullptr;  ///< What its cell ends with if there is room.
  /// Of the columns that a terminal has no room for, the one with the highest number goes first.
  int spare = 0;
  bool narrow = true;          ///< Whether a phone has room for it.
  bool of_series = false;      ///< Whether it is the same at every n.
  const char* page = nullptr;  ///< Its title on pages, if it is another.
};

constexpr Column kColumns[] = {
    {.title = "forward", .of = forward_cell, .spare = 1},
    {.title = "backward", .of = backward_cell},
    {.title = "ratio",
     .of = ratio_cell,
     .interval = ratio_interval,
     .spare = 2,
     .page = "backward / forward"},
    {.title = "step", .of = both_cell, .spare = 6, .narrow = false, .page = "training step"},
    {.title = "saved", .of = saved_cell, .spare = 3},
    {.title = "grows",
     .of = saved_growth,
     .spare = 7,
     .narrow = false,
     .of_series = true,
     .page = "saved grows"},
    {.title = "largest n", .of = largest_n_cell, .spare = 4, .of_series = true},
    {.title = "batch",
     .of = largest_batch_cell,
     .spare = 5,
     .narrow = false,
     .of_series = true,
     .page = "largest batch"},
};

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

std::vector<Row> glance_rows(const record::Run& run, const analyze::Analysis& analysis,
                             size_t most) {
  std::vector<Row> rows;
  for (const Training* training : telling_trainings(run, analysis, most))
    rows.push_back({run, analysis, *training, telling_size(analysis, *training)});
  return rows;
}

std::vector<Row> all_rows(const record::Run& run, const analyze::Analysis& analysis, size_t most) {
  std::vector<Row> rows;
  for (const Training* training : telling_trainings(run, analysis, most))
    for (const TrainingAtSize& at : training->sizes) rows.push_back({run, analysis, *training, at});
  return rows;
}

const std::string& name_of(const Row& row, const std::vector<std::string>& names) {
  return names[static_cast<size_t>(&row.training - row.analysis.training.data())];
}

std::vector<const Column*> filled(const std::vector<Row>& rows) {
  std::vector<const Column*> columns;
  for (const Column& column : kColumns)
    if (std::ranges::any_of(rows, [&](const Row& row) { return column.of(row) != kNone; }))
      columns.push_back(&column);
  return columns;
}

std::vector<std::vector<TrainingCell>> cells_of(const std::vector<Row>& rows,
                                                const std::vector<const Column*>& columns,
                                                const std::vector<std::string>& names) {
  std::vector<std::vector<TrainingCell>> cells;
  for (const Row& row : rows) {
    std::vector<TrainingCell>& line = cells.emplace_back();
    line.push_back({name_of(row, names)});
    line.push_back({std::to_string(row.at.seq_len)});
    for (const Column* column : columns)
      line.push_back({column->of(row), column->interval == nullptr ? "" : column->interval(row)});
  }
  return cells;
}

/// Whether all rows are at one n.
bool share_n(const std::vector<Row>& rows) {
  return std::ranges::all_of(
      rows, [&](const Row& row) { return row.at.seq_len == rows.front().at.seq_len; });
}

/// What these columns mean.
std::string note_words(const record::Run& run, const std::vector<Row>& rows,
                       const std::vector<const Column*>& columns) {
  const auto has = [&](std::string (*of)(const Row&)) {
    return std::ranges::find(columns, of, &Column::of) != columns.end();
  };
  std::string words;
  if (has(saved_cell)) words = "Saved: what forward keeps for backward, beside the inputs and out.";
  if (has(both_cell))
    words += std::string(words.empty() ? "" : " ") + "A training step is both passes.";
  std::string limits = has(largest_n_cell) ? "Largest n" : "";
  if (has(largest_batch_cell)) {
    std::set<int64_t> batch_at;
    for (const Row& row : rows)
      if (row.series().largest_batch) batch_at.insert(largest_swept(run, row.series()));
    const std::string at = batch_at.size() == 1 ? "at n = " + std::to_string(*batch_at.begin())
                                                : "at the largest n of its sweep";
    limits += limits.empty() ? "Largest batch, " + at : " and, " + at + ", largest batch";
  }
  if (!limits.empty())
    words += (words.empty() ? "" : " ") + limits + ": the most that " +
             record::format_bytes(static_cast<double>(run.memory_limit_bytes)) +
             " hold in training.";
  return words;
}

TrainingTable laid_out(const record::Run& run, const analyze::Analysis& analysis,
                       const std::vector<Row>& rows, size_t most, bool of_series) {
  TrainingTable table;
  if (rows.empty()) return table;
  std::vector<const Column*> columns = filled(rows);
  if (!of_series) std::erase_if(columns, [](const Column* column) { return column->of_series; });
  table.header = {"series", "n"};
  table.narrow = {true, !of_series || !share_n(rows)};  // One n stands in a sentence, too.
  for (const Column* column : columns) {
    table.header.emplace_back(column->page != nullptr ? column->page : column->title);
    table.narrow.push_back(column->narrow);
  }
  table.rows = cells_of(rows, columns, training_names(run, analysis));
  table.note = note_words(run, rows, columns);
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
  const std::vector<Row> rows = glance_rows(run, analysis, kMostRows);
  if (rows.empty()) return {};
  const std::vector<std::string> names = training_names(run, analysis);
  const auto room = static_cast<size_t>(std::max(columns - 1, 1));
  size_t name_room = std::max<size_t>(room / 3, 12);
  std::vector<const Column*> shown = filled(rows);
  const auto text = [&] {
    std::vector<Cells> cells{{"training", "n"}};
    for (const Column* column : shown) cells.front().emplace_back(column->title);
    for (const Row& row : rows) {
      Cells& line = cells.emplace_back(
          Cells{shortened(name_of(row, names), name_room), std::to_string(row.at.seq_len)});
      for (const Column* column : shown) line.push_back(column->of(row));
    }
    return aligned_table(cells, 1);
  };
  while (widest(text()) > room) {
    const auto most = std::ranges::max_element(shown, {}, &Column::spare);
    if (most == shown.end() || (*most)->spare == 0) break;
    shown.erase(most);
  }
  if (const size_t width = widest(text()); width < room) name_room += room - width;
  return {lines_of(text()), note_words(run, rows, shown), analysis.training.size() - rows.size()};
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
